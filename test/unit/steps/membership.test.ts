import { expect, test } from 'vitest'
import type { MemberEntry } from '../../../src/etcd/etcdctl-output.ts'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { membershipProblems } from '../../../src/steps/membership.ts'
import type { FileSeen } from '../../../src/steps/seen.ts'
import { cluster, etcd, host, memberEntries } from '../status/samples.ts'

const of = cluster()

/** The cluster as `of` has it, with other members, seen by an inventory. */
function problems(inventory: Cluster, members: MemberEntry[] = memberEntries(of), version = '3.6.16') {
  const hosts = new Map(
    of.nodes.map(({ name }) => [name, host(of, name, { etcd: etcd(of, name, { members }, { version }) })]),
  )
  return membershipProblems(inventory, { hosts })
}

function inventory(nodes: Record<string, unknown>, parts: Record<string, unknown> = {}): Cluster {
  const three = { node1: { address: '10.0.0.1' }, node2: { address: '10.0.0.2' }, node3: { address: '10.0.0.3' } }
  const wanted = Object.fromEntries(Object.entries({ ...three, ...nodes }).filter(([, node]) => node !== undefined))
  return cluster({ ...parts, nodes: wanted })
}

test('members as the inventory says: nothing to tell', () => {
  expect(problems(of)).toEqual([])
})

test.each<[string, Cluster, string]>([
  [
    'an address that was changed by hand',
    inventory({ node2: { address: '10.0.0.9' } }),
    'etcd-deploy change-ip node2 10.0.0.9',
  ],
  [
    'another peer port',
    inventory({ node2: { address: '10.0.0.2', peer: { port: 12_380 } } }),
    'etcd-deploy change-ip node2 --peer-port 12380',
  ],
  ['an IPv6 address', inventory({ node2: { address: 'fd00::9' } }), 'etcd-deploy change-ip node2 fd00::9'],
  ['a node more', inventory({ node4: { address: '10.0.0.4' } }), 'etcd-deploy member add node4'],
  ['a node less', inventory({ node3: undefined }), 'etcd-deploy member remove node3'],
  ['TLS where there was none', inventory({}, { tls: { mode: 'mutual' } }), 'etcd-deploy tls enable'],
])('%s is refused, with the line to run', (_, wanted, line) => {
  const found = problems(wanted)
  expect(found.length).toBeGreaterThan(0)
  for (const error of found) expect(error.exitCode).toBe(3)
  expect(found.flatMap(({ next }) => next)).toContain(line)
})

test('where one left and one came, the dead one goes first', () => {
  const found = problems(inventory({ node3: undefined, node4: { address: '10.0.0.4' } }))
  expect(found.map(({ next }) => next[0])).toEqual(['etcd-deploy member remove node3', 'etcd-deploy member add node4'])
})

test('a member to be removed: by its id where it has no name; nothing is said to be missing', () => {
  const stray = { id: 'd4', name: '', peerUrls: ['http://10.0.0.9:2380'], clientUrls: [], isLearner: true }
  const found = problems(of, [...memberEntries(of), stray])
  expect(found.map(({ next }) => next[0])).toEqual(['etcd-deploy member remove d4'])
  expect(found[0]?.next.join()).not.toMatch(/not there yet/)
})

test('a member that was added and never started has no name yet: its peer URL tells who it is', () => {
  const members = memberEntries(of).map((member) =>
    member.name === 'node3' ? { ...member, name: '', clientUrls: [] } : member,
  )
  expect(problems(of, members)).toEqual([])
})

test('a learner left over by a run that died: the command that goes on with it; who lets another come or go leaves it alone', () => {
  const members = memberEntries(of).map((member) => ({ ...member, isLearner: member.name === 'node3' }))
  const [error, ...more] = problems(of, members)
  expect(more).toEqual([])
  expect(error).toMatchObject({ host: 'node3', exitCode: 3 })
  expect(error?.next[0]).toBe('etcd-deploy member add node3')
  const hosts = new Map([['node1', host(of, 'node1', { etcd: etcd(of, 'node1', { members }) })]])
  expect(membershipProblems(of, { hosts }, { joins: 'node4' })).toEqual([])
  expect(membershipProblems(of, { hosts }, { leaves: { name: 'node2', id: 'b2' } })).toEqual([])
})

test('another version is refused on each host that runs it', () => {
  const found = problems(of, memberEntries(of), '3.5.30')
  expect(found.map((error) => error.host)).toEqual(['node1', 'node2', 'node3'])
  for (const { exitCode } of found) expect(exitCode).toBe(3)
  expect(found[0]?.message).toBe('etcd 3.5.30 runs here, the inventory says 3.6.16')
  expect(found[0]?.next.join()).toMatch(/etcd-deploy upgrade/)
})

test('where no member runs, the version is that of the binaries beside the data', () => {
  const at = layoutOf(of)
  const folder: FileSeen = { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', size: 1, modifiedS: 0 }
  const files = new Map<string, FileSeen>([
    [at.binarySums, { ...folder, type: 'file', text: '# etcd 3.5.30\n' }],
    [`${of.paths.data}/member`, folder],
  ])
  const hosts = new Map([['node1', host(of, 'node1', { etcd: undefined, process: undefined, files })]])
  expect(membershipProblems(of, { hosts }).map(({ message }) => message)).toEqual([
    'etcd 3.5.30 runs here, the inventory says 3.6.16',
  ])
})
