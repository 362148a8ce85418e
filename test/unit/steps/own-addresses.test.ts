import { describe, expect, test } from 'vitest'
import { leafRequests, unsettledAddresses } from '../../../src/steps/leaf-requests.ts'
import { sourceAddresses } from '../../../src/steps/own-addresses.ts'
import { readAddress } from '../../../src/steps/read-network.ts'
import { cluster, host } from '../status/samples.ts'

/** As `ip -o addr show scope global` says them, cut by the look: address and prefix, device, the rest. */
function told(...lines: string[]) {
  return lines.map(readAddress).filter((address) => address !== undefined)
}

const own = '10.0.0.1/24 eth0 brd 10.0.0.255 scope global eth0'
const own6 = 'fd00::1/64 eth0 scope global'

describe('the addresses that a peer may see a member come from', () => {
  test.each<[string, string[], string[]]>([
    ['its own', [own, own6], ['10.0.0.1', 'fd00::1']],
    ['a second network', [own, '192.168.5.1/24 eth1 brd 192.168.5.255 scope global eth1'], ['10.0.0.1', '192.168.5.1']],
    ["a cloud's single /32 by DHCP", ['10.0.0.1/32 ens4 metric 100 scope global dynamic ens4'], ['10.0.0.1']],
    ["a cloud's single /32 set by hand", ['10.0.0.1/32 eth0 scope global eth0'], ['10.0.0.1']],
    [
      'an IPv6 address by DHCP beside another',
      [own6, 'fd00::77/128 eth0 scope global dynamic'],
      ['fd00::1', 'fd00::77'],
    ],
    ['a point-to-point link', ['10.8.0.1 tun0 peer 10.8.0.2/32 scope global tun0'], ['10.8.0.1']],
    ['where `ip` is missing, all', ['10.0.0.1', '10.0.0.9'], ['10.0.0.1', '10.0.0.9']],
    ['not a VIP of keepalived', [own, '10.0.0.100/32 eth0 scope global eth0'], ['10.0.0.1']],
    ['not a VIP in the same network', [own, '10.0.0.100/24 eth0 scope global secondary eth0'], ['10.0.0.1']],
    ['not an IPv6 VIP', [own6, 'fd00::100/128 eth0 scope global deprecated nodad'], ['fd00::1']],
    ['not a VIP of kube-vip', [own6, 'fd00::100/128 eth0 scope global'], ['fd00::1']],
    ['not a VIP on loopback, announced by BGP', [own, '10.9.9.9/32 lo scope global lo'], ['10.0.0.1']],
    ['not what changes within a day', [own6, 'fd00::abcd/64 eth0 scope global temporary dynamic'], ['fd00::1']],
    ['not a container network', [own, '172.17.0.1/16 docker0 brd 172.17.255.255 scope global docker0'], ['10.0.0.1']],
  ])('%s', (_, lines, expected) => {
    expect(sourceAddresses({ addresses: told(...lines) })).toEqual(expected)
  })
})

describe('a VIP that comes and goes', () => {
  const of = cluster({ tls: { mode: 'mutual' } })
  const vip = '10.0.0.100/32 eth0 scope global eth0'
  const hosts = (...more: string[]) => new Map([['node1', host(of, 'node1', { addresses: told(own, ...more) })]])

  test('changes nothing of what its certificate must name', () => {
    expect(leafRequests(of, hosts(vip))).toEqual(leafRequests(of, hosts()))
  })

  test('is named where the inventory says so', () => {
    const wanted = cluster({ tls: { mode: 'mutual', sans: ['10.0.0.100'] } })
    const [server] = leafRequests(wanted, hosts())
    expect(server).toMatchObject({ name: 'node1', kind: 'server' })
    expect(server?.ipAddresses).toContain('10.0.0.100')
  })

  test('may be named; the address of another member may not', () => {
    expect(unsettledAddresses(of, hosts(vip, '10.0.0.2/24 eth1 scope global eth1'))).toEqual(['10.0.0.100'])
  })
})
