import { expect, test } from 'vitest'
import type { MemberEntry } from '../../../src/etcd/etcdctl-output.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { refuseToRemove } from '../../../src/steps/refuse-members.ts'
import type { HostSeen, Seen } from '../../../src/steps/seen.ts'
import { away, cluster, etcd, host, memberEntries, stopped } from '../status/samples.ts'

const of = cluster()

/** Who serves of the members there; the others are down. */
function seen(serving: readonly string[], members: MemberEntry[], down: HostSeen = away): Seen {
  const names = of.nodes.map(({ name }) => name)
  return {
    hosts: new Map(
      names.map((name) => [
        name,
        serving.includes(name) ? host(of, name, { etcd: etcd(of, name, { members }) }) : down,
      ]),
    ),
  }
}

const three = memberEntries(of)
const [one = expect.fail(), two = expect.fail()] = three
const learner: MemberEntry = { ...two, isLearner: true }
const neverStarted: MemberEntry = {
  id: 'd4',
  name: '',
  peerUrls: ['http://10.0.0.9:2380'],
  clientUrls: [],
  isLearner: false,
}
const all = ['node1', 'node2', 'node3']
const leaver = (id: string) => ({ id, name: 'whoever' })

test.each<[string, Seen, string]>([
  ['one of three', seen(all, three), 'c3'],
  ['the leader of three', seen(all, three), 'a1'],
  ['the dead one of three', seen(['node1', 'node2'], three), 'c3'],
  ['one of two', seen(all, [one, two]), 'a1'],
  ['a learner beside one', seen(all, [one, learner]), 'b2'],
  ['one that was added and never started', seen(all, [...three, neverStarted]), 'd4'],
  ['one that etcd does not have any more', seen(all, [one, two]), 'c3'],
])('%s may go', (_, now, id) => {
  expect(refuseToRemove(of, leaver(id), now)).toEqual([])
})

test.each<[string, Seen, string, string, RegExp]>([
  [
    'a healthy one of three, one of which is dead: that goes first',
    seen(['node1', 'node2'], three),
    'b2',
    'the others must have 2 healthy, 1 are (not healthy: node3)',
    /^or let the dead go first: etcd-deploy member remove node3$/m,
  ],
  [
    'the last healthy voter',
    seen(['node1'], three, stopped(of, 'x')),
    'a1',
    'the others must have 2 healthy, 0 are (not healthy: node2, node3)',
    /etcd-deploy down/,
  ],
  [
    'the only member',
    seen(['node1'], [one]),
    'a1',
    '1 voter, the others must have 1 healthy, 0 are',
    /etcd-deploy down/,
  ],
  [
    'the only voter beside a learner',
    seen(all, [one, learner]),
    'a1',
    '1 voter, the others must have 1 healthy, 0 are',
    /let a learner become a voter first/,
  ],
])('%s: refused, with the arithmetic and what to do instead', (_, now, id, arithmetic, instead) => {
  const [error, ...more] = refuseToRemove(of, leaver(id), now)
  expect(more).toEqual([])
  expect(error).toMatchObject({ exitCode: 3, answered: arithmetic })
  expect(error?.next.join('\n')).toMatch(instead)
})

test('a dead one is never named as the way out where it could not go either', () => {
  const [error] = refuseToRemove(of, leaver('a1'), seen(['node1'], three))
  expect(error?.next.join('\n')).not.toMatch(/member remove/)
})

test('where no member tells who there is, nobody is removed: the inventory’s nodes say how many are missing', () => {
  const [error, ...more] = refuseToRemove(of, { name: 'node1', id: '' }, seen([], three, stopped(of, 'x')))
  expect(more).toEqual([])
  expect(error).toMatchObject({
    exitCode: 3,
    answered: 'the others must have 2 healthy, 0 are (not healthy: node2, node3)',
  })
  expect(error?.message).toMatch(/no member tells who is in the cluster/)
  expect(error?.next.join()).not.toMatch(/member remove/)
})

test('by the inventory’s name, whatever etcd calls it', () => {
  const renamed: Cluster = { ...of, nodes: of.nodes.map((node) => ({ ...node, name: node.name.replace('node', 'n') })) }
  const [error] = refuseToRemove(renamed, leaver('a1'), seen(['node1'], [one]))
  expect(error?.message).toMatch(/cannot be removed/)
})
