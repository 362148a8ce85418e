import { createHash } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'

import type { Cluster, NodeName } from '../inventory/model.ts'

/** Whoever dials `from` on this host comes to `to`. */
export interface Translation {
  from: { address: string; port: number }
  to: { address: string; port: number }
}

/** How translations of this cluster are called on its hosts: another cluster may have members there too. */
export interface TranslationNames {
  /** Of iptables, which bears 28 characters, and the beginning of systemd's units. */
  chain: string
  /** Of nft. */
  table: string
  /** Of an address; 15 characters. */
  label: string
}

export function translationNames({ service: { name } }: Pick<Cluster, 'service'>): TranslationNames {
  const sum = createHash('sha256').update(name).digest('hex')
  const chain = `etcd-deploy-${name}`
  return {
    chain: chain.length <= 28 ? chain : `etcd-deploy-${sum.slice(0, 16)}`,
    table: `etcd_deploy_${/^[A-Za-z0-9]+$/.test(name) ? name : sum.slice(0, 16)}`,
    label: `lo:ed${sum.slice(0, 8)}`,
  }
}

/** For a host: the former peer addresses of all other members that move. A name that DNS gives anew needs none. */
export function translationsFor(cluster: Cluster, host: NodeName): Translation[] {
  return cluster.nodes.flatMap(({ name, peer, formerly }) => {
    if (name === host || formerly === undefined) return []
    const from = formerly.peer
    const same = from.address === peer.address && from.port === peer.port
    const bothAddresses = [from, peer].every(({ address }) => isIPv4(address) || isIPv6(address))
    return same || !bothAddresses
      ? []
      : [{ from: { address: from.address, port: from.port }, to: { address: peer.address, port: peer.port } }]
  })
}

/** No translation crosses from IPv4 to IPv6. */
export function crossesFamilies({ from, to }: Translation): boolean {
  return isIPv6(from.address) !== isIPv6(to.address)
}

/** Shell: where distributions put the proxy of systemd's. */
export const findProxy =
  'proxy=/lib/systemd/systemd-socket-proxyd; [ -x "$proxy" ] || proxy=/usr/lib/systemd/systemd-socket-proxyd'
