import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCa } from '../../src/pki/ca.ts'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { countEvents } from '../instruments/kill-events.ts'
import { startRecorder, type Recorder } from '../instruments/recorder.ts'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { seededRandom } from '../instruments/seeded.ts'
import { labReset, type NodeName } from '../lab/lab.ts'
import { atEach, ending, picked, seed, told } from './kill/at-events.ts'
import { difference, lockIsFree, placedOn, temporaryIn } from './kill/leftovers.ts'
import { clientsOf, expectHealthy } from './support/cluster.ts'
import { differing, servedSerials } from './support/leaves.ts'
import { newSite, type Site } from './support/site.ts'
import { storeOf } from './support/store.ts'
import { expectDone, summaryOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const toImported = ['rotate-certs', '--ca', '--to', 'imported', '--no-pause', '--no-snapshot']
const forward = ['rotate-certs', '--ca', '--no-snapshot']
const full = process.env['FULL'] === '1'
/** Half a minute each: one of them in the gate, all with FULL, --abort first, as there is no way back to the first CA later. */
const long = {
  '--abort on the way back from the second pause, killed': abortKilled,
  'rotate-certs --ca, killed': rotationKilled,
  'rotate-certs --ca, Ctrl-C amid it: a tidy end, and the same command goes on': rotationInterrupted,
}
const names = Object.keys(long) as (keyof typeof long)[]
const drawn = full ? names : names.slice(Math.floor(seededRandom(seed + 1)() * names.length)).slice(0, 1)
let site: Site
let placed: string[]

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts })
  await expectDone(site.run('up'))
  placed = await Promise.all(hosts.map(placedOn))
})

afterAll(() => site.remove())

test.runIf(hasTurn('rotations killed'))(
  'rotate-certs, killed: the cluster serves on, done again it finishes',
  { timeout: 1_800_000 },
  async () => {
    const whole = await site.run('rotate-certs')
    expect(whole.code, told(whole)).toBe(0)
    await atEach(picked(countEvents(whole.events), 'rotate-certs', 2), async (killAt) => {
      const before = await servedSerials(hosts)
      const { killed, again } = await broken(['rotate-certs'], killAt)
      expect(again.code, `${ending(killed)}\n${told(again)}`).toBe(0)
      expect(differing(before, await servedSerials(hosts)), ending(killed)).toHaveLength(2 * hosts.length)
      expect((await storeOf(site)).generation).toBe(1)
      await expectWhole(killed)
    })
  },
)

test.runIf(hasTurn('rotations killed')).each(drawn)('%s', { timeout: 3_600_000 }, (name) => long[name]())

async function abortKilled(): Promise<void> {
  await toSecondPause()
  const whole = await site.run([...forward, '--abort'])
  expect(whole.code, told(whole)).toBe(0)
  await atEach(picked(countEvents(whole.events), '--abort', 1), async (killAt) => {
    await toSecondPause()
    const { killed, again } = await broken([...forward, '--abort'], killAt)
    expect(again.code, `${ending(killed)}\n${told(again)}`).toBe(0)
    expect(await storeOf(site)).toMatchObject({ generation: 1, trusted: [1] })
    await expectWhole(killed)
  })
}

async function rotationKilled(): Promise<void> {
  await importNext()
  const whole = await site.run(toImported)
  expect(whole.code, told(whole)).toBe(0)
  await atEach(picked(countEvents(whole.events), 'rotate-certs --ca', 1), async (killAt) => {
    const next = await importNext()
    const { killed, again } = await broken(toImported, killAt)
    expect(again.code, `${ending(killed)}\n${told(again)}`).toBe(0)
    expect(await storeOf(site), ending(killed)).toMatchObject({ generation: next, trusted: [next] })
    await expectWhole(killed)
  })
}

async function rotationInterrupted(): Promise<void> {
  const next = await importNext()
  const { killed, again } = await broken(toImported, 12, 'SIGINT')
  expect(killed.code, told(killed)).toBe(130)
  expect(again.code, told(again)).toBe(0)
  expect((await storeOf(site)).trusted).toEqual([next])
  await expectWhole(killed)
}

/** Under load all the time. */
async function broken(command: string[], killAt: number, signal: 'SIGKILL' | 'SIGINT' = 'SIGKILL') {
  const recorder = await startRecorder(await clientsOf(site))
  const stopFollowing = follow(recorder)
  const killed = await site.run(command, { killAt, signal })
  const again = await site.run(command)
  await stopFollowing()
  const report = await recorder.stop()
  expectUnharmed(report, { longestGapMs: 2000 })
  return { killed, again }
}

/** Without pauses a client has to see by itself what it shall trust and show now. */
function follow(recorder: Recorder): () => Promise<void> {
  let stopping = false
  const following = (async () => {
    let last = await clientsOf(site)
    while (!stopping) {
      await sleep(100)
      // In between there is a CA that has yet to issue.
      const now = await clientsOf(site).catch(() => last)
      if (now.tls?.ca !== last.tls?.ca || now.tls?.cert !== last.tls?.cert) recorder.use(now)
      last = now
    }
  })()
  return async () => {
    stopping = true
    await following
  }
}

async function expectWhole(killed: Run): Promise<void> {
  const at = ending(killed)
  const up = await site.run('up')
  expect(up.code, `${at}\n${told(up)}`).toBe(0)
  expect(summaryOf(up), `${at}\n${told(up)}`).toMatchObject({ changed: [], restarted: [] })
  await expectHealthy('node2')
  for (const [index, host] of hosts.entries()) {
    expect(await lockIsFree(host), `${at}: the lock of ${host}`).toBe(true)
    const other = difference(placed[index], await placedOn(host))
    expect(other, `${at}: what is on ${host}: ${other.join('; ')}`).toEqual([])
  }
  expect(temporaryIn(site.folder), at).toEqual([])
}

async function toSecondPause(): Promise<void> {
  for (const options of [[], ['--continue']]) {
    const run = await site.run([...forward, ...options])
    expect(run.code, told(run)).toBe(0)
  }
}

/** A CA of its own each time: one that was made here is not made again within the hour. */
async function importNext(): Promise<number> {
  const { authorities } = await storeOf(site)
  const notBefore = new Date(Date.now() - 300_000)
  const about = { key: 'ecdsa-p256', subject: {}, notBefore, years: 10 } as const
  const made = await makeCa({ ...about, cluster: 'elsewhere', generation: authorities.length })
  const [cert, key] = [join(site.folder, 'elsewhere.crt'), join(site.folder, 'elsewhere.key')]
  writeFileSync(cert, made.certificate.pem)
  writeFileSync(key, made.key.reveal(), { mode: 0o600 })
  const taken = await runEtcdDeploy(['certs', 'import-ca', '-i', site.file, '--cert', cert, '--key', key], {
    timeoutMs: 60_000,
    env: site.env,
  })
  expect(taken.code, taken.stdout + taken.stderr).toBe(0)
  const { importedTarget } = await storeOf(site)
  if (importedTarget === undefined) throw new Error('the CA was not taken in')
  return importedTarget
}
