import { isIPv6 } from 'node:net'

import type { Cluster, Endpoints, Node } from '../inventory/model.ts'

/** `https://[fd00::1]:2379`: IPv6 addresses stand in brackets in a URL. */
function url(scheme: 'http' | 'https', address: string, port: number): string {
  return `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

export function peerUrl(cluster: Cluster, node: Node): string {
  return url(peerScheme(cluster), node.peer.address, node.peer.port)
}

/** Of a member that moves: where etcd knows it until it is told. */
export function formerPeerUrl(cluster: Cluster, { peer }: Endpoints): string {
  return url(peerScheme(cluster), peer.address, peer.port)
}

export function clientUrls(cluster: Cluster, node: Node): string[] {
  return node.client.advertise.map((address) => url(clientScheme(cluster), address, node.client.port))
}

/** Where the host itself reaches its member: every member listens on loopback too. */
export function localClientUrl(cluster: Cluster, node: Node): string {
  return url(clientScheme(cluster), loopbackFor(node.client.listen), node.client.port)
}

export function listenPeerUrls(cluster: Cluster, node: Node): string[] {
  return [url(peerScheme(cluster), node.peer.listen, node.peer.port)]
}

export function listenClientUrls(cluster: Cluster, node: Node): string[] {
  const { listen, port } = node.client
  const addresses = isWildcard(listen) || isLoopback(listen) ? [listen] : [listen, loopbackFor(listen)]
  // A client port takes both on one port, a peer port can't.
  const schemes = cluster.tls.plain?.clients === true ? (['http', 'https'] as const) : [clientScheme(cluster)]
  return schemes.flatMap((scheme) => addresses.map((address) => url(scheme, address, port)))
}

/** `node1=https://10.0.0.1:2380,…`, as initial-cluster wants it. */
export function initialCluster(cluster: Cluster): string {
  return cluster.nodes.map((node) => `${node.name}=${peerUrl(cluster, node)}`).join(',')
}

function peerScheme({ tls }: Cluster): 'http' | 'https' {
  return tls.mode === 'off' || tls.plain?.peers === true ? 'http' : 'https'
}

function clientScheme({ tls }: Cluster): 'http' | 'https' {
  return tls.mode === 'off' || tls.plain?.clients === true ? 'http' : 'https'
}

function loopbackFor(listen: string): string {
  if (isLoopback(listen)) return listen
  // A socket on `::` takes IPv4 too unless the host sets bindv6only, so ::1 is the one that always answers there.
  return listen === '::' ? '::1' : '127.0.0.1'
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
