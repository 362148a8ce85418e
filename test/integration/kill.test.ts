import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openPki } from '../../src/pki/open.ts'
import { countEvents, isKillEvent } from '../instruments/kill-events.ts'
import type { Run } from '../instruments/run-cli.ts'
import { seededRandom } from '../instruments/seeded.ts'
import { hostOutput, labReset, labUp, type NodeName } from '../lab/lab.ts'
import { newestRelease } from '../lab/releases/prepare.ts'
import { atEach, sample, seed, told } from './kill/at-events.ts'
import { difference, lockIsFree, placedOn, temporaryIn } from './kill/leftovers.ts'
import { startEtcdDeploy } from './kill/started.ts'
import { expectHealthy } from './support/cluster.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, problemsOf, summaryOf, wordsOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
let version: string
/** The cluster of a run that nobody disturbed; the later tests change its settings. */
let site: Site
let undisturbed: Run
let placed: string[]

beforeAll(async () => {
  await labUp({ hosts: 3 })
  ;({ version } = await newestRelease())
  await labReset(hosts)
  site = await newSite({ nodes: hosts, version })
  undisturbed = await site.run('up')
  expect(undisturbed.code, undisturbed.stdout).toBe(0)
  placed = await Promise.all(hosts.map(placedOn))
})

afterAll(() => site.remove())

describe('a change of settings', () => {
  const keys = Array.from({ length: 20 }, (_, at) => `k${at}`)
  let changes = 0

  beforeAll(async () => {
    await hostOutput('node1', keys.map((key) => `etcdctl put ${key} of-${key}`).join(' && '))
  })

  test('killed at its events, done again: nothing is lost, nothing is left', { timeout: 600_000 }, async () => {
    edit(site, ++changes)
    const whole = await site.run('up')
    expect(whole.code, whole.stdout).toBe(0)
    await atEach(sample(countEvents(whole.events), 'a change of settings'), async (killAt) => {
      edit(site, ++changes)
      const killed = await site.run('up', { killAt })
      await expectConverged(site, killed, killAt)
      await expectData(keys)
    })
  })

  test('interrupted by Ctrl-C: a tidy end, then done again', async () => {
    edit(site, ++changes)
    // lock, stage, the first change begun and ended
    const interrupted = await site.run('up', { killAt: 4, signal: 'SIGINT' })
    expectTidyEnd(interrupted)
    await expectConverged(site, interrupted, 4)
    await expectData(keys)
  })

  test('killed while a member comes back: done again, the files that it had before are gone', async () => {
    edit(site, ++changes)
    const controller = startEtcdDeploy(['up', '-i', site.file, '--json'], site.env)
    await controller.said(/"state":"stopping"/)
    // It is told that it stops, and nothing more until it is back: half a second later.
    await sleep(250)
    controller.signal('SIGKILL')
    expect((await controller.ended).signal).toBe('SIGKILL')
    await expect.poll(() => lockIsFree('node1')).toBe(true)
    // By itself, as the machine would go on: what comes next finds a member that is as it shall be
    await expect
      .poll(
        () =>
          expectHealthy('node1').then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    const again = await site.run('up')
    expect(again.code, told(again)).toBe(0)
    await expectNothingLeft(site)
    await expectData(keys)
  })

  test('two controllers at once: one is refused and told who has the lock', async () => {
    edit(site, ++changes)
    const first = startEtcdDeploy(['up', '-i', site.file, '--json'], site.env)
    onTestFinished(() => first.signal('SIGKILL'))
    await first.said(/"type":"lock-taken"/)
    first.signal('SIGSTOP')
    const refused = await site.run('up')
    first.signal('SIGCONT')
    expect(refused.code, told(refused)).toBe(3)
    expect(wordsOf(refused)).toMatch(
      /another run is changing this cluster[^]*held by \w+@\S+, etcd-deploy up, since 20/,
    )
    expect(summaryOf(refused)).toMatchObject({ changed: [], restarted: [] })
    const done = await first.ended
    expect(done.code, done.output).toBe(0)
    await expectNothingLeft(site)
  })

  test('the lock of a controller that was killed is free at once', async () => {
    edit(site, ++changes)
    const controller = startEtcdDeploy(['up', '-i', site.file, '--json'], site.env)
    await controller.said(/"type":"lock-taken"/)
    controller.signal('SIGKILL')
    await controller.ended
    const next = await site.run('up')
    expect(next.code, told(next)).toBe(0)
    expect(secondsBetween(next, 'observe-end', 'lock-taken')).toBeLessThan(2)
    await expectNothingLeft(site)
  })

  test('Ctrl-C without --json: one sentence and what to do, no stack trace', async () => {
    edit(site, ++changes)
    const controller = startEtcdDeploy(['up', site.file], { ...site.env, CI: '1', NO_COLOR: '1' })
    await controller.said(/restart the member/)
    controller.signal('SIGINT')
    const { code, output } = await controller.ended
    expect(code, output).toBe(130)
    expect(output).toMatch(/interrupted \(SIGINT\)/)
    expect(output).toMatch(/run the same command again/)
    expect(output).not.toMatch(/^\s+at |Error:|node:internal/m)
    for (const host of hosts) await expect.poll(() => lockIsFree(host), { timeout: 2000 }).toBe(true)
    const again = await site.run('up')
    expect(again.code, told(again)).toBe(0)
    await expectNothingLeft(site)
    await expectData(keys)
  })
})

describe('a fresh up', () => {
  test('killed at its events, done again, is as one that nobody disturbed', { timeout: 1_800_000 }, async () => {
    await atEach(sample(countEvents(undisturbed.events), 'a fresh up'), async (killAt) => {
      const fresh = await freshSite()
      await expectConverged(fresh, await fresh.run('up', { killAt }), killAt)
      fresh.remove()
    })
  })

  test('interrupted by Ctrl-C: a tidy end, then done again', async () => {
    const fresh = await freshSite()
    const killAt = 3 + Math.floor(seededRandom(seed)() * (countEvents(undisturbed.events) - 5))
    console.log(`a fresh up: SIGINT at ${killAt}; again with SEED=${seed}`)
    const interrupted = await fresh.run('up', { killAt, signal: 'SIGINT' })
    expectTidyEnd(interrupted)
    for (const host of hosts) await expect.poll(() => lockIsFree(host), { timeout: 2000 }).toBe(true)
    await expectConverged(fresh, interrupted, killAt)
    fresh.remove()
  })

  async function freshSite(): Promise<Site> {
    await labReset(hosts)
    return newSite({ nodes: hosts, version })
  }
})

/** The same command once more makes it whole, and a third time finds nothing to do. */
async function expectConverged(where: Site, broken: Run, killAt: number): Promise<void> {
  const last = broken.events.findLast(({ type }) => isKillEvent(type))
  const at = `${broken.code ?? broken.signal} at ${JSON.stringify(last)}`
  // Fewer events than in the run that was counted: it may have ended before
  if (broken.code === 0) expect(countEvents(broken.events), at).toBeLessThan(killAt)
  const again = await where.run('up')
  expect(again.code, `${at}\n${told(again)}`).toBe(0)
  await expectHealthy('node2')
  const third = await where.run('up')
  expect(third.code, `${at}\n${told(third)}`).toBe(0)
  expect(summaryOf(third).changed, `${at}\n${told(third)}`).toEqual([])
  await expectNothingLeft(where, at)
}

async function expectNothingLeft(where: Site, at = ''): Promise<void> {
  for (const [index, host] of hosts.entries()) {
    expect(await lockIsFree(host), `${at}: the lock of ${host}`).toBe(true)
    const other = difference(placed[index], await placedOn(host))
    expect(other, `${at}: what is on ${host}: ${other.join('; ')}`).toEqual([])
  }
  expect(temporaryIn(where.folder), at).toEqual([])
  const formed = (await openPki(where.pki, 'test'))?.formed
  expect(formed?.clusterId, `${at}: pki/ remembers the cluster`).toMatch(/^[0-9a-f]+$/)
}

function expectTidyEnd(interrupted: Run): void {
  expect(interrupted.code, told(interrupted)).toBe(130)
  expect(problemsOf(interrupted)).toMatchObject([{ message: 'interrupted (SIGINT)', exitCode: 130 }])
  expect(problemsOf(interrupted)[0]).not.toHaveProperty('stack')
  expect(interrupted.stderr).toBe('')
  expect(eventsOf(interrupted, 'run-end')).toMatchObject([{ exitCode: 130 }])
  expect(interrupted.seconds).toBeLessThan(30)
}

async function expectData(keys: string[]): Promise<void> {
  const found = await hostOutput('node3', 'etcdctl get k --prefix')
  expect(found).toBe(
    keys
      .toSorted()
      .map((key) => `${key}\nof-${key}\n`)
      .join(''),
  )
  const { stdout } = { stdout: await hostOutput('node1', 'etcdctl endpoint hashkv --cluster') }
  const hashes = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(', ')[1])
  expect(hashes, stdout).toHaveLength(hosts.length)
  expect(new Set(hashes).size, stdout).toBe(1)
}

function edit(where: Site, change: number): void {
  where.edit({ settings: { 'snapshot-count': 10_000 + change } })
}

function secondsBetween(run: Run, ...types: ['observe-end', 'lock-taken']): number {
  const times = types.map((type) => {
    const line = run.stdout.split('\n').find((each) => each.includes(`"type":"${type}"`)) ?? '{}'
    return Date.parse((JSON.parse(line) as { time: string }).time)
  })
  return ((times[1] ?? NaN) - (times[0] ?? NaN)) / 1000
}
