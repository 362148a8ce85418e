import { expect, test } from 'vitest'
import { placesOf, sameEndpoints, wished, type Wish } from '../../../src/inventory/move.ts'
import type { Endpoints } from '../../../src/inventory/model.ts'
import { minimal, resolved } from './samples.ts'

/** A node as an inventory comes to it. */
function node(options: Record<string, unknown>) {
  const [found] = resolved(minimal({ nodes: { node1: options } })).nodes
  if (found === undefined) throw new Error('no node')
  return found
}

function endpointsOf(options: Record<string, unknown>): Endpoints {
  const { peer, client } = node(options)
  return { peer, client }
}

test.each<[string, Record<string, unknown>, Omit<Wish, 'node'>, Record<string, unknown>]>([
  ['an address', { address: '10.0.0.2' }, { address: '10.0.0.9' }, { address: '10.0.0.9' }],
  ['IPv4 to IPv6', { address: '10.0.0.2' }, { address: 'fd00::9' }, { address: 'fd00::9' }],
  [
    'to a DNS name: etcd listens on all addresses',
    { address: '10.0.0.2' },
    { address: 'etcd2.example.com' },
    { address: 'etcd2.example.com' },
  ],
  [
    'from a DNS name to an address: it listens there',
    { address: 'etcd2.example.com' },
    { address: '10.0.0.9' },
    { address: '10.0.0.9' },
  ],
  [
    'one that listens on all addresses goes on to do so',
    { address: '10.0.0.2', peer: { listen: '0.0.0.0' }, client: { listen: '0.0.0.0' } },
    { address: '10.0.0.9' },
    { address: '10.0.0.9', peer: { listen: '0.0.0.0' }, client: { listen: '0.0.0.0' } },
  ],
  [
    'among what is advertised, that address alone',
    { address: '10.0.0.2', client: { advertise: ['etcd.example.com', '10.0.0.2'] } },
    { address: '10.0.0.9' },
    { address: '10.0.0.9', client: { advertise: ['etcd.example.com', '10.0.0.9'] } },
  ],
  [
    'the peer side',
    { address: '10.0.0.2' },
    { peer: '10.1.0.2' },
    { address: '10.0.0.2', peer: { address: '10.1.0.2' } },
  ],
  [
    'the client side',
    { address: '10.0.0.2' },
    { client: '10.1.0.2' },
    { address: '10.0.0.2', client: { address: '10.1.0.2' } },
  ],
  [
    'ports',
    { address: '10.0.0.2' },
    { peerPort: 12380, clientPort: 12379 },
    { address: '10.0.0.2', peer: { port: 12380 }, client: { port: 12379 } },
  ],
  [
    'each network of its own',
    { peer: { address: '10.0.0.2' }, client: { address: '192.168.0.2' } },
    {
      replace: new Map([
        ['192.168.0.2', '192.168.0.9'],
        ['10.0.0.2', '10.0.0.9'],
      ]),
    },
    { peer: { address: '10.0.0.9' }, client: { address: '192.168.0.9' } },
  ],
])('%s', (_, before, wish, after) => {
  expect(wished(endpointsOf(before), { node: 'node1', ...wish })).toEqual(endpointsOf(after))
})

test('a member with two addresses: which one changes must be said', () => {
  const two = endpointsOf({ peer: { address: '10.0.0.2' }, client: { address: '192.168.0.2' } })
  expect(() => wished(two, { node: 'node1', address: '10.0.0.9' })).toThrow(/address for peers .* another for clients/)
})

test('endpoints are the same in whatever order their parts were written', () => {
  const { peer, client } = endpointsOf({ address: '10.0.0.2' })
  const { address, port, listen } = peer
  expect(sameEndpoints({ peer, client }, { client, peer: { listen, port, address } })).toBe(true)
  expect(sameEndpoints({ peer, client }, { client, peer: { ...peer, port: 1 } })).toBe(false)
})

test('its host is looked for at the former address first, then at the new; one that is reached otherwise, there alone', () => {
  const move = {
    node: 'node1',
    from: endpointsOf({ address: '10.0.0.2' }),
    to: endpointsOf({ address: '10.0.0.9' }),
  }
  const hosts = (options: Record<string, unknown>): string[] =>
    placesOf(node(options).ssh, move).map(({ host }) => host)
  expect(hosts({ address: '10.0.0.2' })).toEqual(['10.0.0.2', '10.0.0.9'])
  expect(hosts({ address: '10.0.0.9' })).toEqual(['10.0.0.2', '10.0.0.9'])
  expect(hosts({ address: '10.0.0.2', ssh: { host: '203.0.113.2' } })).toEqual(['203.0.113.2'])
})
