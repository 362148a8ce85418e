import { openPki } from '../../../src/pki/open.ts'
import { leafRequest } from './samples.ts'

/** Issues until it is killed; says each revision that is safely written. */
const store = await openPki(process.argv[2] ?? '', 'prod')
for (;;) {
  await store?.issue([leafRequest(), leafRequest({ kind: 'peer' })].map((leaf) => ({ ...leaf, name: 'node1' })))
  process.stdout.write(`${store?.revision}\n`)
}
