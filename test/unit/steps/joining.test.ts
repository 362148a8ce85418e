import { expect, test } from 'vitest'
import { memberAdd, memberReplace } from '../../../playbooks/member-add.ts'
import { allWaves, stageAt } from '../../../src/engine/plan.ts'
import type { Playbook } from '../../../src/playbook.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { membershipProblems } from '../../../src/steps/membership.ts'
import type { ReachedHost, Seen } from '../../../src/steps/seen.ts'
import type { Wanted } from '../../../src/steps/wanted.ts'
import { cluster, etcd, host, memberEntries, unit } from '../status/samples.ts'
import { wanted } from './wanting.ts'

const of = cluster()
const formation = { kind: 'formed', token: 't', clusterId: 'cc' } as const

/** As the others tell it. */
function seen(members = memberEntries(of), node3: Partial<ReachedHost> = {}): Seen {
  return {
    hosts: new Map(
      of.nodes.map(({ name }) => [
        name,
        host(of, name, { etcd: etcd(of, name, { members }), ...(name === 'node3' ? node3 : {}) }),
      ]),
    ),
  }
}

const bare: Partial<ReachedHost> = {
  process: undefined,
  etcd: undefined,
  formed: undefined,
  unit: unit({ active: 'inactive', sub: 'dead' }),
}
const withData: Partial<ReachedHost> = {
  ...bare,
  files: new Map([
    ['/var/lib/etcd/member', { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', size: 1, modifiedS: 1 }],
  ]),
}
const twoMembers = memberEntries(of).filter(({ name }) => name !== 'node3')

/** What is done to members, in its order, from the stage on that is still to be reached. */
function done({ stages }: Playbook, from: Seen, inventory: Cluster = of): string[] {
  let now = from
  const want = (): Wanted => ({ ...wanted(inventory, now, formation), joins: 'node3' })
  return stages.slice(stageAt(stages, want(), now)).flatMap((stage) => {
    const waves = allWaves(stage, want(), now)
    now = waves.flat().reduce((state, change) => change.predict(state), now)
    return waves
      .flat()
      .filter(({ what }) => /cluster|start|voter|aside/.test(what))
      .map(({ host: on, what }) => `${on}: ${what}`)
  })
}

test('a new node: added as a learner, started, a voter once it has caught up', () => {
  expect(done(memberAdd, seen(twoMembers, bare))).toEqual([
    'node1: add node3 to the cluster as a learner',
    'node3: start the member',
    'node1: make node3 a voter once it has caught up',
    'node3: remember that the cluster is formed',
  ])
})

test('etcd 3.3 has no learners: it votes at once, and nothing is promoted', () => {
  const old = { ...of, version: '3.3.25' }
  expect(done(memberAdd, seen(twoMembers, bare), old).slice(0, 2)).toEqual([
    'node1: add node3 to the cluster',
    'node3: start the member',
  ])
})

test('killed after the add: it is not added again, and what lies on its host is left alone', () => {
  const added = [
    ...twoMembers,
    { id: 'd4', name: '', peerUrls: ['http://10.0.0.3:2380'], clientUrls: [], isLearner: true },
  ]
  const rest = done(memberAdd, seen(added, withData))
  expect(rest[0]).toBe('node3: start the member')
  expect(rest.join()).not.toMatch(/add node3|aside/)
})

test('a learner that a dead run left behind, its record lost: it is made a voter', () => {
  const learner = [
    ...twoMembers,
    {
      id: 'c3',
      name: 'node3',
      peerUrls: ['http://10.0.0.3:2380'],
      clientUrls: ['http://10.0.0.3:2379'],
      isLearner: true,
    },
  ]
  const caughtUp = etcd(of, 'node3', { healthy: false, answers: true, members: learner }, { isLearner: true })
  expect(done(memberAdd, seen(learner, { etcd: caughtUp }))[0]).toBe('node1: make node3 a voter once it has caught up')
})

test('replaced, its host alive: the former self leaves first, its data is set aside, then it joins anew', () => {
  const rest = done(memberReplace({ id: 'c3' }), seen(memberEntries(of), { files: withData.files ?? new Map() }))
  expect(rest.slice(0, 5)).toEqual([
    'node1: remove node3 from the cluster',
    'node3: stop what runs there and set its data in /var/lib/etcd aside',
    'node1: add node3 to the cluster as a learner',
    'node3: start the member',
    'node1: make node3 a voter once it has caught up',
  ])
})

test('the leader is replaced by what another tells', () => {
  const rest = done(memberReplace({ id: 'a1' }), seen())
  expect(rest[0]).toBe('node2: remove node1 from the cluster')
})

test('while it joins, that etcd does not have it is no difference; for any other node it is one', () => {
  expect(membershipProblems(of, seen(twoMembers, bare), { joins: 'node3' })).toEqual([])
  expect(membershipProblems(of, seen(twoMembers, bare), { joins: 'node2' })).toHaveLength(1)
})
