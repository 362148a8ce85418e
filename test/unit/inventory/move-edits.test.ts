import fc from 'fast-check'
import { expect, test } from 'vitest'

import { canonicalAddress } from '../../../src/inventory/address.ts'
import { moveEdits } from '../../../src/inventory/move-edits.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { addressesOf, wished, type Move } from '../../../src/inventory/move.ts'
import { applied, endpointsOf, moveBy, moveTo } from './moves.ts'
import { minimal, resolved, withNode } from './samples.ts'

const at = (...path: (string | number)[]) => ['nodes', 'node2', ...path]

test('one address, written once', () => {
  const raw = withNode({ address: '10.0.0.2' })
  const edits = moveEdits(raw, moveTo(resolved(raw), 'node2', '10.0.0.2', '10.0.0.9'))
  expect(edits).toEqual([{ path: at('address'), from: '10.0.0.2', to: '10.0.0.9' }])
})

test('everything that names it, in whatever spelling', () => {
  const node = {
    address: 'FD00:0::2',
    peer: { listen: 'fd00::2' },
    client: { listen: '::', advertise: ['etcd.example.com', 'fd00::2'] },
    sans: ['other', 'fd00:0:0::2'],
    ssh: { host: 'fd00::2' },
  }
  const raw = withNode(node, { tls: { sans: ['etcd.example.com', 'Fd00::2', '10.0.0.1'] } })
  expect(moveEdits(raw, moveTo(resolved(raw), 'node2', 'fd00::2', '10.0.0.9'))).toEqual([
    { path: at('address'), from: 'FD00:0::2', to: '10.0.0.9' },
    { path: at('peer', 'listen'), from: 'fd00::2', to: '10.0.0.9' },
    { path: at('client', 'advertise', 1), from: 'fd00::2', to: '10.0.0.9' },
    { path: at('sans', 1), from: 'fd00:0:0::2', to: '10.0.0.9' },
    { path: at('ssh', 'host'), from: 'fd00::2', to: '10.0.0.9' },
    { path: ['tls', 'sans', 1], from: 'Fd00::2', to: '10.0.0.9' },
  ])
})

test('only the peer address: the other one stays, and what names it', () => {
  const raw = withNode({ address: '10.0.0.2', sans: ['10.0.0.2'] }, { tls: { sans: ['10.0.0.2'] } })
  const move = moveBy(resolved(raw), 'node2', ({ peer, client }) => ({
    peer: { ...peer, address: '10.1.0.2', listen: '10.1.0.2' },
    client,
  }))
  expect(moveEdits(raw, move)).toEqual([{ path: at('peer', 'address'), to: '10.1.0.2' }])
})

test('only the client address, which is the node’s: the peer has its own', () => {
  const raw = withNode({ address: '10.0.0.2', peer: { address: '10.1.0.2' }, sans: ['10.0.0.2', '10.1.0.2'] })
  expect(moveEdits(raw, moveTo(resolved(raw), 'node2', '10.0.0.2', '10.0.0.9'))).toEqual([
    { path: at('address'), from: '10.0.0.2', to: '10.0.0.9' },
    { path: at('sans', 0), from: '10.0.0.2', to: '10.0.0.9' },
  ])
})

test('ports, written and not', () => {
  const raw = withNode({ address: '10.0.0.2', client: { port: 12379 } })
  const move = moveBy(resolved(raw), 'node2', ({ peer, client }) => ({
    peer: { ...peer, port: 2480 },
    client: { ...client, port: 2379 },
  }))
  expect(moveEdits(raw, move)).toEqual([
    { path: at('peer', 'port'), to: 2480 },
    { path: at('client', 'port'), from: 12379, to: 2379 },
  ])
})

test('where sshd is: written for all, it moves with a node that is reached there alone', () => {
  const ssh = { host: '10.0.0.2' }
  const alone = { cluster: 'a', version: '3.6.16', nodes: { node2: { address: '10.0.0.2' } }, ssh }
  const move = moveTo(resolved(alone), 'node2', '10.0.0.2', '10.0.0.9')
  expect(moveEdits(alone, move)).toContainEqual({ path: ['ssh', 'host'], from: '10.0.0.2', to: '10.0.0.9' })
  const nodes = { ...alone.nodes, node1: { address: '10.0.0.1', ssh: { port: 2222 } } }
  expect(moveEdits({ ...alone, nodes }, move)).toEqual([{ path: at('address'), from: '10.0.0.2', to: '10.0.0.9' }])
})

test('a name that another member goes by too stays in the certificates of all', () => {
  const shared = { advertise: ['etcd.example.com'] }
  const node1 = { address: '10.0.0.1', client: shared }
  const nodes = { node1, node2: { address: '10.0.0.2', client: shared, sans: ['etcd.example.com'] } }
  const raw = minimal({ nodes, tls: { sans: ['ETCD.example.com', '10.0.0.2'] } })
  const move = moveBy(resolved(raw), 'node2', ({ peer, client }) => ({
    peer: { ...peer, address: '10.0.0.9', listen: '10.0.0.9' },
    client: { ...client, address: '10.0.0.9', listen: '10.0.0.9', advertise: ['two.example.com'] },
  }))
  expect(moveEdits(raw, move)).toEqual([
    { path: at('address'), from: '10.0.0.2', to: '10.0.0.9' },
    { path: at('client', 'advertise', 0), from: 'etcd.example.com', to: 'two.example.com' },
    { path: at('sans', 0), from: 'etcd.example.com', to: 'two.example.com' },
    { path: ['tls', 'sans', 1], from: '10.0.0.2', to: '10.0.0.9' },
  ])
})

test('two members that change places: the edits of both, together', () => {
  const raw = withNode({ address: '10.0.0.2' }, { tls: { sans: ['10.0.0.2', '10.0.0.3'] } })
  const cluster = resolved(raw)
  const moves = [moveTo(cluster, 'node2', '10.0.0.2', '10.0.0.3'), moveTo(cluster, 'node3', '10.0.0.3', '10.0.0.2')]
  const after = resolved(
    applied(
      raw,
      moves.flatMap((move) => moveEdits(raw, move)),
    ),
  )
  expect(after.nodes.map(({ client }) => client.address)).toEqual(['10.0.0.1', '10.0.0.3', '10.0.0.2'])
  expect(after.tls.sans).toEqual(['10.0.0.3', '10.0.0.2'])
})

test('loopback is no address that anybody leaves', () => {
  const raw = withNode({ address: '127.0.0.1', sans: ['127.0.0.1'], ssh: { host: '127.0.0.1' } })
  expect(moveEdits(raw, moveTo(resolved(raw), 'node2', '127.0.0.1', '10.0.0.9'))).toEqual([
    { path: at('address'), from: '127.0.0.1', to: '10.0.0.9' },
  ])
})

const oldAddresses = ['10.0.0.2', '10.1.0.2', 'fd00::2', 'FD00:0::2', 'etcd2.example.com', 'Etcd2.Example.com.']
const newAddresses = [
  '10.0.0.9',
  '10.1.0.9',
  'fd00::9',
  'etcd9.example.com',
  '10.0.0.2',
  'fd00::2',
  'etcd2.example.com',
]
const everywhere = ['0.0.0.0', '::']
const listens = [...everywhere, '10.0.0.2', 'fd00::2']

const address = fc.constantFrom(...oldAddresses)
const optional = { requiredKeys: [] }
const names = fc.array(fc.constantFrom(...oldAddresses, 'db.example.com', '127.0.0.1'), { maxLength: 3 })
const listen = fc.constantFrom(...listens)
const advertise = fc.oneof(address, fc.array(address, { minLength: 1, maxLength: 3 }))
const peer = { address, port: fc.constantFrom(2380, 12380), listen }
const client = { address, port: fc.constantFrom(2379, 12379), listen, advertise }
const ssh = fc.record({ host: fc.oneof(address, fc.constant('bastion')), port: fc.constant(2222) }, optional)
const node = fc.oneof(
  fc.record(
    { address, peer: fc.record(peer, optional), client: fc.record(client, optional), sans: names, ssh },
    { requiredKeys: ['address'] },
  ),
  fc.record(
    {
      peer: fc.record(peer, { requiredKeys: ['address'] }),
      client: fc.record(client, { requiredKeys: ['address'] }),
      sans: names,
      ssh,
    },
    { requiredKeys: ['peer', 'client'] },
  ),
)
const inventory = fc
  .tuple(node, fc.record({ sans: names }, optional))
  .map(([each, tls]) => withNode(each, { tls }))
  .filter(isAccepted)

const next = fc.constantFrom(...newAddresses)
const target = fc.record({
  peer: fc.record({ address: fc.option(next), port: fc.constantFrom(2380, 2480), listen: fc.option(listen) }),
  client: fc.record({
    address: fc.option(next),
    port: fc.constantFrom(2379, 2479),
    listen: fc.option(listen),
    advertise: fc.option(fc.array(next, { minLength: 3, maxLength: 3 })),
  }),
})

/** As the command line asks for it: one side, both, or former addresses and what comes in their place. */
const asked = fc.record(
  {
    peer: next,
    client: next,
    peerPort: fc.constantFrom(2380, 2480),
    clientPort: fc.constantFrom(2379, 2479),
    replace: fc.array(fc.tuple(address.map(canonicalAddress), next), { maxLength: 2 }).map((pairs) => new Map(pairs)),
  },
  optional,
)

const cases = fc.oneof(
  fc.tuple(inventory, target).map(([raw, wish]) => ({ raw, move: moveWith(resolved(raw), raw, wish) })),
  fc.tuple(inventory, asked).map(([raw, wish]) => ({
    raw,
    move: moveBy(resolved(raw), 'node2', (from) => wished(from, { ...wish, node: 'node2' })),
  })),
)

test('it leads exactly there, and everything else stays', () => {
  fc.assert(
    fc.property(cases, ({ raw, move }) => {
      const before = resolved(raw)
      const after = resolved(applied(raw, moveEdits(raw, move)))
      expect(endpointsOf(after, 'node2')).toEqual(move.to)
      const was = before.nodes[1]!
      const is = after.nodes[1]!
      expectFollowed(was.sans, is.sans, move)
      expectFollowed(before.tls.sans, after.tls.sans, move)
      // What is not written follows the node's address.
      if (was.ssh.defaulted.includes('host')) expect([was.ssh.host, ...addressesOf(move.to)]).toContain(is.ssh.host)
      else expectFollowed([was.ssh.host], [is.ssh.host], move)
      const settled = { ...is, sans: was.sans, ssh: { ...is.ssh, host: was.ssh.host }, ...endpointsOf(before, 'node2') }
      expect({
        ...after,
        tls: { ...after.tls, sans: before.tls.sans },
        nodes: after.nodes.with(1, settled),
      }).toEqual(before)
    }),
    { numRuns: 150 },
  )
})

test('no edit is without effect, each says what stands there, and edited there is nothing left to edit', () => {
  fc.assert(
    fc.property(cases, ({ raw, move }) => {
      const edits = moveEdits(raw, move)
      const edited = applied(raw, edits)
      expect(moveEdits(edited, move)).toEqual([])
      for (const edit of edits) {
        expect(edit.from).toEqual(valueAt(raw, edit.path))
        const rest = applied(
          raw,
          edits.filter((other) => other !== edit),
        )
        expect(sayings(rest, move)).not.toEqual(sayings(edited, move))
      }
    }),
    { numRuns: 50 },
  )
})

/** What an inventory comes to, and which old addresses it still names. */
function sayings(raw: unknown, move: Move): unknown {
  const node = (raw as { nodes: { node2: { address?: string } } }).nodes.node2
  const named = node.address !== undefined && isLeft(canonicalAddress(node.address), move)
  return { named, cluster: isAccepted(raw) ? resolved(raw) : 'refused' }
}

function expectFollowed(was: readonly string[], is: readonly string[], move: Move): void {
  expect(is).toHaveLength(was.length)
  for (const [index, name] of is.entries()) {
    if (isLeft(canonicalAddress(was[index]!), move)) expect(addressesOf(move.to)).toContain(name)
    else expect(name).toBe(was[index])
  }
}

/** What it only listened on, while it listens everywhere from now on, may still be its own. */
function isLeft(name: string, { from, to }: Move): boolean {
  const listened = (['peer', 'client'] as const).filter((kind) => !everywhere.includes(to[kind].listen))
  const old = [
    from.peer.address,
    from.client.address,
    ...from.client.advertise,
    ...listened.map((kind) => from[kind].listen),
  ]
  return !everywhere.includes(name) && old.includes(name) && !addressesOf(to).includes(name)
}

function moveWith(cluster: Cluster, raw: unknown, wish: typeof target extends fc.Arbitrary<infer T> ? T : never): Move {
  return moveBy(cluster, 'node2', (from) => {
    const end = (kind: 'peer' | 'client') => {
      const to = wish[kind].address ?? from[kind].address
      const usual = /^[\d.]+$|:/.test(to) ? to : '0.0.0.0'
      return { address: to, port: wish[kind].port, listen: wish[kind].listen ?? usual }
    }
    const client = end('client')
    // As many as are written: none is added to a list or taken away by a move.
    const said = (raw as { nodes: { node2: { client?: { advertise?: string | string[] } } } }).nodes.node2.client
      ?.advertise
    const written = said === undefined ? [client.address] : from.client.advertise
    const told = written.map((each, index) => wish.client.advertise?.[index] ?? each)
    return { peer: end('peer'), client: { ...client, advertise: told } }
  })
}

function isAccepted(raw: unknown): boolean {
  try {
    resolved(raw)
    return true
  } catch {
    return false
  }
}

function valueAt(raw: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], raw)
}
