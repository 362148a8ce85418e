import { expect, test } from 'vitest'
import type { MemberEntry } from '../../../src/etcd/etcdctl-output.ts'
import { isAbout, leaverNamed, leaverRecorded } from '../../../src/steps/leaver.ts'
import type { Seen } from '../../../src/steps/seen.ts'
import { cluster, etcd, host, memberEntries } from '../status/samples.ts'

const of = cluster()
const [node1, node2, node3] = of.nodes
const rest = { ...of, nodes: of.nodes.slice(0, 2) }
const three = memberEntries(of)

function seen(members: MemberEntry[] = three): Seen {
  return { hosts: new Map([['node1', host(of, 'node1', { etcd: etcd(of, 'node1', { members }) })]]) }
}

function entry(parts: Partial<MemberEntry>): MemberEntry {
  return {
    id: '8e9e05c52164694d',
    name: '',
    peerUrls: ['http://10.0.0.9:2380'],
    clientUrls: [],
    isLearner: false,
    ...parts,
  }
}

const unnamed = three.map((member) => (member.name === 'node3' ? { ...member, name: '' } : member))

test.each<[string, string, MemberEntry[], object]>([
  ['a node', 'node3', three, { name: 'node3', id: 'c3', node: node3 }],
  ['a node, by its id', 'C3', three, { name: 'node3', id: 'c3', node: node3 }],
  ['a node that etcd does not have', 'node3', three.slice(0, 2), { name: 'node3', id: '', node: node3 }],
  ['a node that never started', 'node3', unnamed, { name: 'node3', id: 'c3', node: node3 }],
  ['a node that never started, by its id', 'c3', unnamed, { name: 'node3', id: 'c3', node: node3 }],
  [
    'a node at another address',
    'node3',
    [...three.slice(0, 2), entry({ name: 'node3' })],
    { name: 'node3', node: node3 },
  ],
  ['one that only etcd has', 'old', [...three, entry({ name: 'old' })], { name: 'old', id: '8e9e05c52164694d' }],
  [
    'one without a name',
    '8e9e05c52164694d',
    [...three, entry({})],
    { name: '8e9e05c52164694d', id: '8e9e05c52164694d' },
  ],
  ['with zeros in front', '00000000000000c3', three, { name: 'node3' }],
  [
    'a node that etcd calls otherwise',
    'old',
    three.map((member) => (member.id === 'c3' ? { ...member, name: 'old' } : member)),
    { name: 'node3', id: 'c3', node: node3 },
  ],
  // Its namesake, which is where the inventory has it, stays.
  ['a namesake, by its id', '8e9e05c52164694d', [...three, entry({ name: 'node3' })], { id: '8e9e05c52164694d' }],
  ['a node that has a namesake', 'node3', [entry({ name: 'node3' }), ...three], { id: 'c3', node: node3 }],
])('%s', (_, word, members, leaver) => {
  const found = leaverNamed(of, word, seen(members), undefined)
  expect(found).toMatchObject(leaver)
  expect(found !== undefined && 'node' in found).toBe('node' in leaver || word === '00000000000000c3')
})

test('two members of one name that the inventory does not have: only by id', () => {
  const twice = [...three, entry({ name: 'old' }), entry({ id: 'd4', name: 'old' })]
  expect(() => leaverNamed(of, 'old', seen(twice), undefined)).toThrow(/2 members old/)
})

test('nobody is meant by an unknown word, nor everybody by an empty one', () => {
  for (const word of ['node9', '0', '']) expect(leaverNamed(of, word, seen(unnamed), undefined)).toBeUndefined()
})

test('one whose host is still to be cleared; its place is known also while etcd has it still, and of no other', () => {
  const left = { node: node3 ?? expect.fail(), memberId: 'c3', since: '' }
  expect(leaverNamed(rest, 'node3', seen(three.slice(0, 2)), left)).toEqual({ name: 'node3', id: 'c3', node: node3 })
  expect(leaverNamed(rest, 'node3', seen(), left)).toEqual({ name: 'node3', id: 'c3', node: node3 })
  const elsewhere = [...three.slice(0, 2), entry({ name: 'node3' })]
  expect(leaverNamed(rest, 'node3', seen(elsewhere), left)).toEqual({ name: 'node3', id: '8e9e05c52164694d' })
})

test('a record brings back who it is, by either name', () => {
  const args = JSON.parse(JSON.stringify({ node: 'node2', id: 'b2', host: node2 })) as Record<string, unknown>
  const leaver = leaverRecorded({ args }) ?? expect.fail()
  expect(leaver).toEqual({ name: 'node2', id: 'b2', node: node2 })
  expect([isAbout(leaver, 'node2'), isAbout(leaver, '0b2'), isAbout(leaver, node1?.name ?? '')]).toEqual([
    true,
    true,
    false,
  ])
  expect(isAbout({ name: 'node2', id: '' }, '')).toBe(false)
  expect(leaverRecorded({ args: { moves: [] } })).toBeUndefined()
})
