import { expect, test } from 'vitest'
import { goOn, wishesAmid } from '../../../src/cli/go-on.ts'
import { endpoints, movesOf, movesRecorded, wishesOf, type AddressArguments } from '../../../src/cli/moves-wanted.ts'
import { DeployError } from '../../../src/errors.ts'
import type { Operation } from '../../../src/engine/operation.ts'
import { cluster } from '../status/samples.ts'

const of = cluster()
const swept = '10.0.0.1=10.0.1.1,10.0.0.2=10.0.1.2'

function begun(options: AddressArguments, more: Record<string, unknown> = {}): Operation {
  const wishes = wishesOf(options, of, (node) => [node])
  const args = { moves: movesOf(of, wishes, endpoints), ...more }
  return { name: 'change-ip', args, finish: 'etcd-deploy change-ip', since: '', controller: '', told: [] }
}

function goals(operation: Operation): string[] {
  return movesRecorded(operation).map(({ node, to }) => `${node} ${to.peer.address}:${to.peer.port}`)
}

function then(recorded: Operation, options: AddressArguments): string[] {
  return goals(goOn(recorded, wishesAmid(options, of, movesRecorded(recorded))))
}

test.each<[string, AddressArguments, AddressArguments]>([
  ['nothing', { node: 'node2', address: '10.0.1.2' }, {}],
  ['the same', { node: 'node2', address: '10.0.1.2' }, { node: 'node2', address: '10.0.1.2' }],
  ['the same port', { node: 'node2', peerPort: 12380 }, { node: 'node2', peerPort: 12380 }],
  ['the same map', { map: swept }, { map: swept }],
  ['the same, and one that stays', { map: swept }, { map: `${swept},10.0.0.3=10.0.0.3` }],
  ['one of them', { map: swept }, { node: 'node1', address: '10.0.1.1' }],
])('%s asked for: it goes on', (_, first, second) => {
  const recorded = begun(first)
  expect(then(recorded, second)).toEqual(goals(recorded))
})

test.each<[string, AddressArguments, AddressArguments, string[]]>([
  [
    'an address',
    { node: 'node2', address: '10.0.1.2' },
    { node: 'node2', address: '10.0.0.2' },
    ['node2 10.0.0.2:2380'],
  ],
  ['a port', { node: 'node2', peerPort: 12380 }, { node: 'node2', peerPort: 2380 }, ['node2 10.0.0.2:2380']],
  [
    'a map',
    { map: swept },
    { map: '10.0.1.1=10.0.0.1,10.0.1.2=10.0.0.2' },
    ['node1 10.0.0.1:2380', 'node2 10.0.0.2:2380'],
  ],
])('%s that leads back: it is turned round', (_, first, second, expected) => {
  expect(then(begun(first), second)).toEqual(expected)
})

test.each<[string, AddressArguments, AddressArguments, Record<string, unknown>]>([
  ['another address', { node: 'node2', address: '10.0.1.2' }, { node: 'node2', address: '10.0.1.9' }, {}],
  ['another member', { node: 'node2', address: '10.0.1.2' }, { node: 'node1', address: '10.0.1.1' }, {}],
  ['half of the way back', { map: swept }, { node: 'node1', address: '10.0.0.1' }, {}],
  [
    'back without quorum',
    { node: 'node2', address: '10.0.1.2' },
    { node: 'node2', address: '10.0.0.2' },
    { copy: 'member.before' },
  ],
])('%s: refused', (_, first, second, more) => {
  try {
    then(begun(first, more), second)
  } catch (error) {
    expect(error).toBeInstanceOf(DeployError)
    expect((error as DeployError).exitCode).toBe(3)
    expect((error as DeployError).message).toMatch(/another change of address is under way: node/)
    return
  }
  throw new Error('not refused')
})
