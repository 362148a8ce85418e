import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { matchesKey, signedBy } from '../../../src/pki/certificate.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import { temporaryFolder } from './openssl.ts'
import { leafRequest, notBefore } from './samples.ts'

const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays: 365 } as const

test(
  'killed before any of its writes, a store opens again as it was before or after the change',
  { timeout: 60_000 },
  async () => {
    const whole = join(temporaryFolder(), 'pki')
    const before = await createPki(whole, 'prod', tls, notBefore)
    await before.issue([leafRequest(), leafRequest({ kind: 'peer' })].map((leaf) => ({ ...leaf, name: 'node1' })))
    const outcomes = new Set<number>()
    let killAt = 1
    for (let killed = true; killed; killAt++) {
      const dir = join(temporaryFolder(), 'pki')
      execFileSync('cp', ['-a', whole, dir])
      killed = await issueAndDie(dir, killAt)
      const store = await openPki(dir, 'prod')
      if (!store) throw new Error(`no store after a kill at write ${killAt}`)
      for (const kind of ['server', 'peer'] as const) {
        const leaf = store.leaf('node1', kind)
        if (!leaf) throw new Error(`no ${kind} leaf after a kill at write ${killAt}`)
        expect(matchesKey(leaf.certificate, leaf.key) && signedBy(leaf.certificate, store.ca())).toBe(true)
        // A batch is there whole or not at all.
        expect(leaf.revision).toBe(store.revision)
      }
      outcomes.add(store.revision)
      await store.rememberFormed({ clusterId: '1', token: 'token', formedAt: notBefore })
    }
    expect(killAt).toBeGreaterThan(10)
    expect(outcomes).toEqual(new Set([2, 3]))
  },
)

/** Whether it was killed before it was done. */
async function issueAndDie(dir: string, killAt: number): Promise<boolean> {
  const writer = join(import.meta.dirname, 'writer.ts')
  const child = spawn(process.execPath, [writer, dir, String(killAt)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal ?? code).toBe(signal === null ? 0 : 'SIGKILL')
  return signal !== null
}
