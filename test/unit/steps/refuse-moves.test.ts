import { expect, test } from 'vitest'
import type { Endpoints } from '../../../src/inventory/model.ts'
import { wished, type Move, type Wish } from '../../../src/inventory/move.ts'
import { moving } from '../../../src/steps/address-change.ts'
import { readRecovery } from '../../../src/steps/recovery-look.ts'
import { refuseMoves } from '../../../src/steps/refuse-moves.ts'
import { refuseRecovery } from '../../../src/steps/refuse-recovery.ts'
import type { ReachedHost, Seen } from '../../../src/steps/seen.ts'
import { away, cluster, etcd, host } from '../status/samples.ts'

const of = cluster()

function move(node: string, wish: Omit<Wish, 'node'>): Move {
  const { peer, client } = of.nodes.find(({ name }) => name === node) as Endpoints
  const from = { peer, client }
  return { node, from, to: wished(from, { node, ...wish }) }
}

function on(address: string, parts: Partial<ReachedHost> = {}): Partial<ReachedHost> {
  return { addresses: [{ address, device: 'eth0', prefix: 24 }], ...parts }
}

function seen(parts: Record<string, Partial<ReachedHost>> = {}): Seen {
  return { hosts: new Map(of.nodes.map(({ name }) => [name, host(of, name, parts[name])])) }
}

function file(text: string) {
  return { type: 'file' as const, mode: 0o640, owner: 'root', group: 'etcd', size: text.length, modifiedS: 1, text }
}

const words = (errors: { message: string; exitCode: number }[]): string[] =>
  errors.map(({ message, exitCode }) => `${exitCode}: ${message}`)

test('a host that has the new address, and a port that nobody has: nothing speaks against it', () => {
  const moves = [move('node2', { address: '10.0.0.9', clientPort: 12379 })]
  const socket = { address: '10.0.0.9', port: 22 }
  expect(refuseMoves(of, moves, seen({ node2: on('10.0.0.9', { listening: [socket] }) }))).toEqual([])
})

test.each<[string, Move[], Record<string, Partial<ReachedHost>>, RegExp]>([
  ['another has it', [move('node2', { address: '10.0.0.3' })], { node2: on('10.0.0.3') }, /is node3's/],
  [
    'two go to the same',
    [move('node1', { address: '10.0.0.9' }), move('node2', { address: '10.0.0.9' })],
    { node1: on('10.0.0.9'), node2: on('10.0.0.9') },
    /is node2's/,
  ],
  [
    'two change places',
    [move('node1', { address: '10.0.0.2' }), move('node2', { address: '10.0.0.1' })],
    { node1: on('10.0.0.2'), node2: on('10.0.0.1') },
    /is node2's/,
  ],
  ['every host has it', [move('node2', { address: '127.0.0.1' })], { node2: on('10.0.0.2') }, /is every host's own/],
  [
    'another member is there',
    [move('node2', { address: '10.0.0.9' })],
    { node2: on('10.0.0.9', { files: new Map([['/etc/etcd/etcd.env', file('ETCD_NAME=node3\n')]]) }) },
    /is not node2's: the member there is node3/,
  ],
  [
    'the host lacks it',
    [move('node2', { address: '10.0.0.9' })],
    { node2: on('10.0.0.2') },
    /does not have the address/,
  ],
  [
    'another program has the port',
    [move('node2', { peerPort: 12380 })],
    { node2: on('10.0.0.2', { listening: [{ address: '0.0.0.0', port: 12380 }] }) },
    /another program listens on port 12380/,
  ],
])('%s: refused', (_, moves, parts, expected) => {
  const errors = words(refuseMoves(of, moves, seen(parts)))
  expect(errors[0]).toMatch(expected)
  for (const error of errors) expect(error).toMatch(/^3: /)
})

test('behind address translation the host need not have the address, as etcd listens elsewhere', () => {
  const all = move('node2', { address: '10.0.0.9' })
  const to = { peer: { ...all.to.peer, listen: '0.0.0.0' }, client: { ...all.to.client, listen: '192.168.0.2' } }
  expect(refuseMoves(of, [{ ...all, to }], seen({ node2: on('192.168.0.2') }))).toEqual([])
})

const recovery = { tools: ['iptables'], chains: [], rules: [], dataKiB: 1 }
const lost = { healthy: false, status: undefined, members: undefined }

function renumbered(parts: Record<string, Partial<ReachedHost>> = {}): Seen {
  const all = of.nodes.map(({ name, peer }) => {
    const address = peer.address.replace('10.0.0.', '10.0.1.')
    return [name, on(address, { recovery, etcd: etcd(of, name, lost), ...parts[name] })] as const
  })
  return seen(Object.fromEntries(all))
}

const all = of.nodes.map(({ name, peer }) => move(name, { address: peer.address.replace('10.0.0.', '10.0.1.') }))

test('all addresses gone, and a way to translate them: nothing speaks against it', () => {
  expect(refuseRecovery(moving(of, all), all, renumbered())).toEqual([])
  const nft = { recovery: { ...recovery, tools: ['nft'] } }
  expect(refuseRecovery(moving(of, all), all, renumbered({ node1: nft, node2: nft, node3: nft }))).toEqual([])
})

test.each<[string, Move[], Seen, RegExp]>([
  [
    'a host without iptables and nft',
    all,
    renumbered({ node2: { recovery: { ...recovery, tools: [] } } }),
    /nothing that leads/,
  ],
  ['one that nobody named', all.slice(0, 2), renumbered(), /10\.0\.0\.3 is gone too/],
  [
    'hosts that have their addresses',
    all,
    renumbered({ node1: on('10.0.0.1'), node2: on('10.0.0.2'), node3: on('10.0.0.3') }),
    /not for the sake of addresses/,
  ],
  [
    'from IPv4 to IPv6',
    of.nodes.map(({ name }, index) => move(name, { address: `fd00::${index + 1}` })),
    renumbered(),
    /one is IPv4, the other IPv6/,
  ],
  [
    'a host that cannot be reached',
    all,
    { hosts: new Map([...renumbered().hosts, ['node3', away]]) },
    /cannot be reached/,
  ],
])('%s: refused', (_, moves, now, expected) => {
  const errors = words(refuseRecovery(moving(of, moves), moves, now))
  expect(errors[0]).toMatch(expected)
  for (const error of errors) expect(error).toMatch(/^3: /)
})

test('what a host says of its translation, in the words of iptables and of nft', () => {
  const stdout = [
    'tool iptables',
    'chain iptables',
    'rule iptables 10.0.0.1/32 2380 10.0.1.1:2380',
    'tool ip6tables',
    'rule ip6tables fd00::1/128 2380 [fd00:1::1]:12380',
    'tool nft',
    'chain nft',
    'rule nft 10.0.0.2 2380 10.0.1.2:2380',
    'size 100',
    'size 20',
  ].join('\n')
  expect(readRecovery({ code: 0, stdout, firstLineAtMs: 0 })).toEqual({
    tools: ['iptables', 'ip6tables', 'nft'],
    chains: ['iptables', 'nft'],
    rules: [
      'iptables 10.0.0.1 2380 10.0.1.1 2380',
      'ip6tables fd00::1 2380 fd00:1::1 12380',
      'nft 10.0.0.2 2380 10.0.1.2 2380',
    ],
    dataKiB: 120,
  })
})
