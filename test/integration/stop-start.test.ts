import { afterAll, beforeAll, expect, test } from 'vitest'
import { hostOutput, labReset, type NodeName } from '../lab/lab.ts'
import { expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { freshlyUp } from './support/freshly-up.ts'
import type { Site } from './support/site.ts'
import { eventsOf, expectDone, notesOf, summaryOf, takenDown, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const inTurn = hasTurn('a cluster that rests')
let site: Site

beforeAll(async () => {
  if (!inTurn) return
  site = await freshlyUp(hosts)
  await hostOutput('node1', 'etcdctl put kept yes')
})

afterAll(async () => {
  if (!inTurn) return
  site.remove()
  await labReset(hosts)
})

/** Of each host: whether etcd runs, and whether a boot would start it. */
function states(): Promise<string[]> {
  return Promise.all(
    hosts.map(async (host) => {
      const said = await hostOutput(host, 'systemctl is-active etcd; systemctl is-enabled etcd; pgrep -x etcd || :')
      return said.trim().split('\n').slice(0, 2).join(' ') + (/^\d+$/m.test(said) ? ' with a process' : '')
    }),
  )
}

const resting = 'inactive enabled'
const running = 'active enabled with a process'

test.runIf(inTurn)('nobody can agree to it without a terminal: refused, nothing changed', async () => {
  const before = await footprints(hosts)
  const run = await site.run('stop', { input: 'y\n' })
  expect(run.code, run.stdout).toBe(3)
  expect(wordsOf(run)).toMatch(/3 voters, quorum 2, healthy 3: 0 would be left/)
  expect(wordsOf(run)).toMatch(/--yes/)
  expect(await footprints(hosts)).toEqual(before)
})

test.runIf(inTurn)(
  'stop, status, stop again, start, start again: the data is there',
  { timeout: 180_000 },
  async () => {
    const stop = await site.run(['stop', '--yes'])
    expect(stop.code, stop.stdout + stop.stderr).toBe(0)
    expect(await states()).toEqual([resting, resting, resting])
    expect(notesOf(stop)).toMatch(/stopped, not disabled/)
    expect(summaryOf(stop)).toMatchObject({ changed: expect.arrayContaining(hosts), restarted: [] })
    expect((await site.run('status')).code).toBe(1)

    // Nothing runs: there is no question either.
    const again = await site.run('stop')
    expect(again.code, again.stdout).toBe(0)
    expect(summaryOf(again).changed).toEqual([])
    expect(notesOf(again)).toMatch(/nothing runs on node1, node2, node3/)

    const alone = await site.run(['start', '--on', 'node1'])
    expect(alone.code, alone.stdout).toBe(3)
    expect(wordsOf(alone)).toMatch(/3 voters, quorum 2, healthy 0, to be started 1/)
    expect(await states()).toEqual([resting, resting, resting])

    const start = await site.run('start')
    expect(start.code, start.stdout + start.stderr).toBe(0)
    expect(eventsOf(start, 'wave').map(({ changes }) => changes.map(({ host }) => host).toSorted())).toEqual([hosts])
    expect(await states()).toEqual([running, running, running])
    await expectHealthy('node1')
    expect(await hostOutput('node2', 'etcdctl get kept --print-value-only')).toBe('yes\n')

    const twice = await site.run('start')
    expect(twice.code, twice.stdout).toBe(0)
    expect(summaryOf(twice).changed).toEqual([])
    expect(notesOf(twice)).toMatch(/serve already/)
  },
)

test.runIf(inTurn)(
  'one of three rests while the others serve; a second one is refused with the arithmetic',
  { timeout: 120_000 },
  async () => {
    const both = await site.run(['stop', '--on', 'node2,node3', '--yes'])
    expect(both.code, both.stdout).toBe(3)
    expect(wordsOf(both)).toMatch(/3 voters, quorum 2, healthy 3: without node2 and node3 1 would be left/)
    expect(await states()).toEqual([running, running, running])
    const stop = await site.run(['stop', '--on', 'node3'])
    expect(stop.code, stop.stdout + stop.stderr).toBe(0)
    expect(takenDown(stop)).toEqual(['node3'])
    expect(await states()).toEqual([running, running, resting])
    const second = await site.run(['stop', '--on', 'node2'])
    expect(second.code, second.stdout).toBe(3)
    expect(wordsOf(second)).toMatch(/3 voters, quorum 2, healthy 2 \(down: node3\): without node2 1 would be left/)
    expect(wordsOf(second)).toMatch(/--allow-downtime/)
    expect(await states()).toEqual([running, running, resting])
    const allowed = await site.run(['stop', '--on', 'node2', '--allow-downtime'])
    expect(allowed.code, allowed.stdout + allowed.stderr).toBe(0)
    expect(await states()).toEqual([running, resting, resting])
    await expectDone(site.run(['start', '--on', 'node2,node3']))
    await expectHealthy('node1')
  },
)

test.runIf(inTurn)(
  'a member whose data is gone is not started: the others are, and then it is replaced',
  { timeout: 180_000 },
  async () => {
    await expectDone(site.run(['stop', '--yes']))
    await hostOutput('node3', 'rm -rf /var/lib/etcd/member')
    const refused = await site.run('start')
    expect(refused.code, refused.stdout).toBe(3)
    expect(wordsOf(refused)).toMatch(/^etcd-deploy start --on node1,node2$|start --on node1,node2/m)
    expect(wordsOf(refused)).toMatch(/etcd-deploy member replace node3/)
    expect(await states()).toEqual([resting, resting, resting])
    const start = await site.run(['start', '--on', 'node1,node2'])
    expect(start.code, start.stdout + start.stderr).toBe(0)
    expect(await states()).toEqual([running, running, resting])
    expect(await hostOutput('node1', 'etcdctl get kept --print-value-only')).toBe('yes\n')
    await expectDone(site.run(['member replace', 'node3']))
    await expectHealthy('node1')
  },
)

test.runIf(inTurn)('up starts again what rests', { timeout: 120_000 }, async () => {
  await expectDone(site.run(['stop', '--yes']))
  const up = await site.run('up')
  expect(up.code, up.stdout).toBe(0)
  expect(summaryOf(up).restarted).toEqual([])
  expect(await states()).toEqual([running, running, running])
})
