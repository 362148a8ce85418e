import { expect, test } from 'vitest'
import playbook from '../../../playbooks/member-remove.ts'
import { knownOperation } from '../../../src/cli/known-operation.ts'
import { beginOperation } from '../../../src/cli/staged-operation.ts'
import { allWaves, stageAt } from '../../../src/engine/plan.ts'
import { envFileLine } from '../../../src/etcd/settings.ts'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { standingOf } from '../../../src/status/standing.ts'
import { leavingProblems } from '../../../src/steps/leaving-problems.ts'
import type { FileSeen, HostSeen, ReachedHost, Seen } from '../../../src/steps/seen.ts'
import type { Wanted } from '../../../src/steps/wanted.ts'
import { away, cluster, etcd, host, memberEntries, stopped } from '../status/samples.ts'
import { wanted } from './wanting.ts'

const of = cluster()
const at = layoutOf(of)
const formation = { kind: 'formed', token: 't', clusterId: 'cc' } as const
const file: FileSeen = { type: 'file', mode: 0o644, owner: 'root', group: 'root', size: 1, modifiedS: 1, text: '' }
const ids: Record<string, string> = { node1: 'a1', node2: 'b2', node3: 'c3' }

/** As `up` left it there. */
function files(name: string, clusterName = of.name): [string, FileSeen][] {
  const header = `# Managed by etcd-deploy for cluster ${clusterName}; x\n`
  return [
    [at.unit, { ...file, text: header }],
    [at.env, { ...file, text: `${header}${envFileLine('ETCD_NAME', name)}\n` }],
    [at.stateDir, { ...file, type: 'directory' }],
    ['/var/lib/etcd/member', { ...file, type: 'directory', owner: 'etcd', group: 'etcd' }],
  ]
}

const asThree = wanted(of, { hosts: new Map(of.nodes.map(({ name }) => [name, host(of, name)])) }, formation).members

/** It runs as three members do. */
function member(name: string, parts: Partial<ReachedHost> = {}): ReachedHost {
  const process = { executable: '/opt/etcd/bin/etcd', upS: 90, environment: asThree.get(name)?.environment ?? {} }
  return host(of, name, { files: new Map(files(name)), process, ...parts })
}

/** The others tell that these are members. */
function seen(members = memberEntries(of), hosts: Record<string, HostSeen> = {}): Seen {
  const all = of.nodes.map(({ name }): [string, HostSeen] => [
    name,
    hosts[name] ?? member(name, { etcd: etcd(of, name, { members }) }),
  ])
  return { hosts: new Map(all) }
}

function wantedWithout(name: string, now: Seen): Wanted {
  const rest: Cluster = { ...of, nodes: of.nodes.filter((node) => node.name !== name) }
  return { ...wanted(rest, now, formation), leaves: { name, id: ids[name] ?? '' } }
}

/** What is done to members, in its order, from the stage on that is still to be reached. */
function done(from: Seen, name = 'node3'): string[] {
  let now = from
  const { stages } = playbook
  return stages.slice(stageAt(stages, wantedWithout(name, now), now)).flatMap((stage) => {
    const changes = allWaves(stage, wantedWithout(name, now), now).flat()
    now = changes.reduce((state, change) => change.predict(state), now)
    return changes.map(({ host: on, what }) => `${on}: ${what.replace(/ (\/\S+,? ?)+/, ' …')}`)
  })
}

const twoMembers = memberEntries(of).filter(({ name }) => name !== 'node3')
const clearing = [
  'node3: stop and disable the member',
  'node3: set the data in …aside',
  'node3: remove service, binaries and settings',
]
const renaming = ['node1: install …', 'node2: install …', 'node1: write …', 'node2: write …']

test('it leaves, its host is cleared, and the others name it no more; none of them restarts', () => {
  const steps = done(seen())
  expect(steps.slice(0, 4)).toEqual(['node1: remove node3 from the cluster', ...clearing])
  expect(steps.slice(4).toSorted()).toEqual(renaming.toSorted())
})

test('the leader leaves by what another does, to whom it has handed over', () => {
  const now = seen()
  const [[change] = []] = allWaves(playbook.stages[0]!, wantedWithout('node1', now), now)
  expect(change).toMatchObject({ host: 'node2', what: 'remove node1 from the cluster' })
  expect(change?.script.args?.slice(0, 3)).toEqual(['a1', 'b2', 'http://10.0.0.1:2379'])
})

test('killed after it had left: what is on its host is still to be done, whether it runs or not', () => {
  const left = { etcd: etcd(of, 'node1', { members: twoMembers }) }
  const others = { node1: member('node1', left), node2: member('node2', left) }
  expect(done(seen(twoMembers, others)).slice(0, 3)).toEqual(clearing)
  const exited = { ...stopped(of, 'node3'), files: new Map(files('node3')) }
  expect(done(seen(twoMembers, { ...others, node3: exited })).slice(0, 3)).toEqual(clearing)
})

test('its host is away: it leaves all the same, and the others name it no more', () => {
  const steps = done(seen(memberEntries(of), { node3: away }))
  expect(steps[0]).toBe('node1: remove node3 from the cluster')
  expect(steps.slice(1).toSorted()).toEqual(renaming.toSorted())
})

test('nothing is stopped or set aside before etcd does not have it any more', () => {
  const now = seen()
  expect(allWaves(playbook.stages[1]!, wantedWithout('node3', now), now)).toEqual([])
  const nobodyTells = new Map(
    of.nodes.map(({ name }) => [name, member(name, { etcd: etcd(of, name, { members: undefined }) })]),
  )
  expect(allWaves(playbook.stages[1]!, wantedWithout('node3', now), { hosts: nobodyTells })).toEqual([])
})

test.each<[string, Partial<ReachedHost>, RegExp]>([
  [
    "another cluster's",
    { formed: { cluster: 'other', clusterId: 'dd', token: 't', formedAt: '' } },
    /belongs to cluster other/,
  ],
  ['of a unit that somebody made', { files: new Map(files('node3', 'other')) }, /belongs to cluster other/],
  ['where another of our members lives by now', { files: new Map(files('node4')) }, /another member of this cluster/],
  [
    'where another of our members runs by now',
    { etcd: etcd(of, 'node3', { members: twoMembers }, { memberId: 'b2' }) },
    /another member of this cluster/,
  ],
])('a host %s is left alone, and that is told', (_, parts, why) => {
  const node3 = member('node3', { process: undefined, etcd: undefined, ...parts })
  const others = ['node1', 'node2'].map((name) => [
    name,
    member(name, { etcd: etcd(of, name, { members: twoMembers }) }),
  ])
  const now = seen(twoMembers, { ...(Object.fromEntries(others) as Record<string, HostSeen>), node3 })
  expect(done(now).filter((step) => step.startsWith('node3'))).toEqual([])
  const [problem, ...more] = leavingProblems(of, { name: 'node3', id: 'c3', node: of.nodes[2]! }, now)
  expect(more).toEqual([])
  expect(problem).toMatchObject({ warning: true, error: { host: 'node3', message: expect.stringMatching(why) } })
})

test('status names the stage, from the record alone', async () => {
  const args = { node: 'node3', id: 'c3', host: of.nodes[2] }
  const known = await knownOperation(beginOperation({ name: 'member remove', args, finish: '' }))
  expect(known?.running.leaves).toEqual({ name: 'node3', id: 'c3', node: of.nodes[2] })
  const stands = (now: Seen): string | undefined => known && standingOf(known, wantedWithout('node3', now), now).text
  expect(stands(seen())).toBe('in stage 1 of 3: it has left the cluster')
  const others = ['node1', 'node2'].map((name) => [
    name,
    member(name, { etcd: etcd(of, name, { members: twoMembers }) }),
  ])
  const left = Object.fromEntries(others) as Record<string, HostSeen>
  expect(stands(seen(twoMembers, left))).toBe('in stage 2 of 3: nothing of it runs on its host')
  expect(stands(seen(twoMembers, { ...left, node3: away }))).toBe('in stage 3 of 3: no other member names it')
})
