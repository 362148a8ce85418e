import { readFileSync } from 'node:fs'
import { BlockList, Socket } from 'node:net'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import type { Duplex } from 'node:stream'

/**
 * Whether bytes are cheaper to send than to unpack: the host is in a network of one of our own interfaces, a bridge to virtual machines
 * or a fast card. What lies behind a router may be slower than our interface, so it never counts.
 */
export function isFastLink(connection: Duplex): boolean {
  if (!(connection instanceof Socket)) return false
  const { localAddress, remoteAddress } = connection
  if (localAddress === undefined || remoteAddress === undefined) return false
  return isFastNeighbour(localAddress, remoteAddress, networkInterfaces(), speedOf)
}

export function isFastNeighbour(
  local: string,
  remote: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  speed: (name: string) => number,
): boolean {
  const own = Object.entries(interfaces)
    .flatMap(([name, infos = []]) => infos.map((info) => ({ name, ...info })))
    .find(({ address }) => address === plain(local))
  if (own === undefined || own.cidr === null) return false
  const network = new BlockList()
  const family = own.family === 'IPv6' ? 'ipv6' : 'ipv4'
  network.addSubnet(own.address, Number(own.cidr.split('/')[1]), family)
  return network.check(plain(remote), family) && speed(own.name) >= fastMbitPerS
}

const fastMbitPerS = 10_000

/** An IPv4 address as a socket that speaks both families tells it, and without the zone of a link-local one. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*/, '')
}

/** In Mbit/s; 0 where nobody says, as for wireless cards and outside Linux. */
function speedOf(name: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/speed`, 'utf8'))
  } catch {
    return 0
  }
}
