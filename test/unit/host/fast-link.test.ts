import type { NetworkInterfaceInfo } from 'node:os'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { isFastLink, isFastNeighbour } from '../../../src/host/fast-link.ts'

const interfaces = { br0: [ipv4('10.0.0.1', 24), ipv6('fd00::1', 64)], eth0: [ipv4('192.168.7.2', 22)] }
const speeds: Record<string, number> = { br0: 10_000, eth0: 1000 }

const cases: [what: string, local: string, remote: string, fast: boolean][] = [
  ['a host on a fast bridge', '10.0.0.1', '10.0.0.9', true],
  ['the same, by a socket of both families', '::ffff:10.0.0.1', '::ffff:10.0.0.9', true],
  ['by IPv6', 'fd00::1', 'fd00::9', true],
  ['behind a router, reached through the fast interface', '10.0.0.1', '10.0.1.9', false],
  ['a neighbour on a slow card', '192.168.7.2', '192.168.4.9', false],
  ['an interface that is gone', '10.9.9.9', '10.9.9.8', false],
]

test.for(cases)('%s', ([, local, remote, fast]) => {
  expect(isFastNeighbour(local, remote, interfaces, (name) => speeds[name] ?? 0)).toBe(fast)
})

test('what goes through a jump host is no link of ours', () => {
  expect(isFastLink(new PassThrough())).toBe(false)
})

function ipv4(address: string, bits: number): NetworkInterfaceInfo {
  return { address, netmask: '', family: 'IPv4', mac: '', internal: false, cidr: `${address}/${bits}` }
}

function ipv6(address: string, bits: number): NetworkInterfaceInfo {
  return { address, netmask: '', family: 'IPv6', mac: '', internal: false, cidr: `${address}/${bits}`, scopeid: 0 }
}
