import type { AddressSeen, ReachedHost } from './seen.ts'

/**
 * Those of a host's addresses that a peer may see its member come from: etcd compares that address with the peer certificate's. Service
 * addresses (keepalived, kube-vip, MetalLB) wander between hosts and are never a source, so a certificate that named them would be
 * reissued whenever one moves. Whoever wants to dial one puts it into `sans`, where it stays.
 */
export function sourceAddresses({ addresses }: Pick<ReachedHost, 'addresses'>): string[] {
  return addresses
    .filter((seen) => !virtualDevice.test(seen.device) && !isNoSource(seen) && !isFloating(seen, addresses))
    .map(({ address }) => address)
}

/** Devices of containers and services: kube-ipvs0 alone may hold hundreds of addresses that come and go. */
const virtualDevice =
  /^(docker|br-[0-9a-f]{12}$|veth|cni|flannel|cali|cilium|lxc|kube-ipvs|nodelocaldns|tunl|weave|virbr|dummy)/

/**
 * The kernel takes an IPv4 address that is secondary in its network, or a deprecated IPv6 one, for no connection that it begins.
 * Temporary ones (RFC 8981) it may take, but they change within a day: no certificate can follow, `sans` and a firm address must.
 */
function isNoSource({ flags = [] }: AddressSeen): boolean {
  return flags.some((flag) => ['secondary', 'deprecated', 'temporary'].includes(flag))
}

/**
 * An address without a network of its own is a service's, as a rule: kube-vip and keepalived give it like that, on the loopback device
 * too. Not where it is all that the device has (some clouds give hosts a single /32), nor where it comes by DHCP.
 */
function isFloating({ address, device, prefix, flags = [] }: AddressSeen, all: readonly AddressSeen[]): boolean {
  const isIpv6 = address.includes(':')
  if (prefix !== (isIpv6 ? 128 : 32) || flags.includes('dynamic')) return false
  const others = all.filter((other) => other.device === device && other.address.includes(':') === isIpv6)
  return device === 'lo' || others.some((other) => other.prefix !== prefix && !isNoSource(other))
}
