import { isIPv4, isIPv6 } from 'node:net'

import type { Cluster, NodeName } from '../inventory/model.ts'

/** Whoever dials `from` on this host comes to `to`. */
export interface Translation {
  from: { address: string; port: number }
  to: { address: string; port: number }
}

/** iptables bears 28 characters. */
export function chainOf({ service }: Pick<Cluster, 'service'>): string {
  return `etcd-deploy-${service.name}`.slice(0, 28)
}

export function tableOf({ service }: Pick<Cluster, 'service'>): string {
  return `etcd_deploy_${service.name.replaceAll(/[^A-Za-z0-9]/g, '_')}`
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
