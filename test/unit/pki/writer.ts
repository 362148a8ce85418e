import { promises } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Issues a batch of leaves, and is killed just before its n-th write of any kind. */
const [dir = '', killAt = '0'] = process.argv.slice(2)
let writes = 0
for (const name of ['mkdir', 'open', 'rename'] as const) {
  promises[name] = fatal(promises[name] as never) as never
}
syncBuiltinESMExports()

const { openPki } = await import('../../../src/pki/open.ts')
const { leafRequest } = await import('./samples.ts')
const store = await openPki(dir, 'prod')
await store?.issue([leafRequest(), leafRequest({ kind: 'peer' })].map((leaf) => ({ ...leaf, name: 'node1' })))

function fatal<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    writes += 1
    if (writes === Number(killAt)) process.kill(process.pid, 'SIGKILL')
    return call(...args)
  }
}
