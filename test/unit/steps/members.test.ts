import { expect, test } from 'vitest'
import { transfereeFor } from '../../../src/steps/members.ts'
import type { HostSeen } from '../../../src/steps/seen.ts'
import { away, cluster, etcd, host } from '../status/samples.ts'

const of = cluster()

/** node1 leads; the other two have applied this much. */
function transferee(applied2: bigint, applied3: bigint, others: Record<string, HostSeen> = {}): string | undefined {
  const follower = (name: string, raftAppliedIndex: bigint): HostSeen =>
    host(of, name, { etcd: etcd(of, name, {}, { raftAppliedIndex }) })
  const all: Record<string, HostSeen> = {
    node1: host(of, 'node1'),
    node2: follower('node2', applied2),
    node3: follower('node3', applied3),
    ...others,
  }
  return transfereeFor({ hosts: new Map(Object.entries(all)) }, 'node1')
}

test.each([
  [99n, 98n, 'b2'],
  [98n, 99n, 'c3'],
])('leadership goes to the member that has applied most: %i, %i', (applied2, applied3, id) => {
  expect(transferee(applied2, applied3)).toBe(id)
})

test('where only the raft index is told (etcd 3.3), that one counts', () => {
  const told = (name: string, raftIndex: bigint): HostSeen =>
    host(of, name, { etcd: etcd(of, name, {}, { raftAppliedIndex: undefined, raftIndex }) })
  expect(transferee(0n, 0n, { node2: told('node2', 5n), node3: told('node3', 6n) })).toBe('c3')
})

test.each<[string, HostSeen]>([
  ['a learner', host(of, 'node3', { etcd: etcd(of, 'node3', {}, { isLearner: true, raftAppliedIndex: 200n }) })],
  ['an unhealthy one', host(of, 'node3', { etcd: etcd(of, 'node3', { healthy: false }, { raftAppliedIndex: 200n }) })],
  ['one whose host is away', away],
])('never to %s', (_, node3) => {
  expect(transferee(1n, 1n, { node3 })).toBe('b2')
})

test('to nobody where nobody else could lead', () => {
  expect(transferee(1n, 1n, { node2: away, node3: away })).toBeUndefined()
})
