import { afterAll, beforeAll, expect, test } from 'vitest'
import { countEvents } from '../instruments/kill-events.ts'
import { hostOutput, type NodeName } from '../lab/lab.ts'
import { atEach, picked, told } from './kill/at-events.ts'
import { killedAndAgain } from './kill/killed-and-again.ts'
import { lockIsFree, temporaryIn } from './kill/leftovers.ts'
import { expectHealthy } from './support/cluster.ts'
import { freshlyUp } from './support/freshly-up.ts'
import type { Site } from './support/site.ts'
import { summaryOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const inTurn = hasTurn('members killed')
let site: Site

beforeAll(async () => {
  if (!inTurn) return
  site = await freshlyUp(hosts)
})

afterAll(() => {
  if (inTurn) site.remove()
})

test.runIf(inTurn)(
  'member replace, killed: nothing is lost, and done again it finishes, also from between remove and add',
  { timeout: 3_600_000 },
  async () => {
    const command = ['member replace', 'node3', '--yes']
    const whole = await site.run(command)
    expect(whole.code, told(whole)).toBe(0)
    await atEach(picked(countEvents(whole.events), 'member replace', 2), async (killAt) => {
      const at = await killedAndAgain(site, command, killAt)
      await expectWhole(at)
    })
  },
)

test.runIf(inTurn)(
  'member add, killed: no second learner is left behind, nothing is lost, and done again it finishes',
  { timeout: 3_600_000 },
  async () => {
    const command = ['member add', 'node3', '--yes']
    await leave()
    const whole = await site.run(command)
    expect(whole.code, told(whole)).toBe(0)
    await atEach(picked(countEvents(whole.events), 'member add', 1), async (killAt) => {
      await leave()
      const at = await killedAndAgain(site, command, killAt)
      await expectWhole(at)
    })
  },
)

/** node3 leaves, and the inventory has it again. */
async function leave(): Promise<void> {
  const run = await site.run(['member remove', 'node3', '--yes', '--no-snapshot'])
  expect(run.code, told(run)).toBe(0)
  site.edit({})
}

/** All that was begun has been finished: nothing differs, nothing is held, nothing lies about. */
async function expectWhole(at: string): Promise<void> {
  await expectHealthy('node1')
  const up = await site.run('up')
  expect(up.code, `${at}\n${told(up)}`).toBe(0)
  expect(summaryOf(up), at).toMatchObject({ changed: [], restarted: [] })
  for (const host of hosts) {
    expect(await lockIsFree(host), `${at}: the lock of ${host}`).toBe(true)
    expect(await hostOutput(host, 'ls /var/lib/etcd-deploy/etcd'), at).toBe('formed.json\nready\n')
  }
  expect(temporaryIn(site.folder), at).toEqual([])
}
