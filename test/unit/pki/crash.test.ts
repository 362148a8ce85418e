import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { matchesKey, signedBy } from '../../../src/pki/certificate.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import { temporaryFolder } from './openssl.ts'
import { notBefore } from './samples.ts'

const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays: 365 } as const

test(
  'killed at any moment of its writing, a store opens again with all that was acknowledged',
  { timeout: 60_000 },
  async () => {
    const dir = join(temporaryFolder(), 'pki')
    await createPki(dir, 'prod', tls, notBefore)
    for (let round = 0; round < 8; round++) {
      const acknowledged = await writeUntilKilled(dir, 20 + round * 17)
      const store = await openPki(dir, 'prod')
      expect(store?.revision).toBeGreaterThanOrEqual(acknowledged)
      for (const kind of ['server', 'peer'] as const) {
        const leaf = store?.leaf('node1', kind)
        if (!store || !leaf) continue
        expect(matchesKey(leaf.certificate, leaf.key) && signedBy(leaf.certificate, store.ca())).toBe(true)
      }
      // A batch is whole: both leaves are of the same change.
      expect(store?.leaf('node1', 'peer')?.revision).toBe(store?.leaf('node1', 'server')?.revision)
    }
  },
)

/** The newest revision that the writer said it has; killed some time after its first one. */
async function writeUntilKilled(dir: string, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(child.stdout, 'data')
  setTimeout(() => child.kill('SIGKILL'), afterMs)
  await once(child, 'close')
  const whole = said.split('\n').slice(0, -1)
  return Number(whole.at(-1) ?? 0)
}
