import type { Inventory, NodeOptions, NodeSshOptions } from '../../../src/inventory/define.ts'
import { labHost, nodes, type NodeName } from '../../lab/lab.ts'
import { newSite, type Site } from '../support/site.ts'
import type { Values } from './cells.ts'

/** The hosts that a cell uses, the special one first. */
export function hostsOf({ members, reach }: Values): NodeName[] {
  const special: Record<Values['reach'], NodeName[]> = {
    direct: [],
    bastion: ['node7'],
    'no-forwarding': ['node6'],
  }
  return [...new Set([...special[reach], ...nodes])].slice(0, Number(members))
}

/** A controller with the inventory of a cell. */
export async function cellSite(values: Values, version: string): Promise<Site> {
  const hosts = hostsOf(values)
  const site = await newSite({ nodes: hosts, user: values.login, version, cluster: 'matrix', ...pathsOf(values) })
  site.edit({
    nodes: Object.fromEntries(hosts.map((host) => [host, nodeOf(values, host)])),
    tls: { mode: values.tls },
    settings: { 'quota-backend-bytes': '2GiB' },
  })
  return site
}

/** Where a cell's cluster lies on its hosts. */
export function placesOf({ paths }: Values) {
  return paths === 'own'
    ? { bin: '/srv/programs', data: '/srv/etcd/data', unit: 'keystore', etcdctl: 'etcdctl-keystore', user: 'keystore' }
    : { bin: '/opt/etcd/bin', data: '/var/lib/etcd', unit: 'etcd', etcdctl: 'etcdctl', user: 'etcd' }
}

function pathsOf(values: Values): Pick<Inventory, 'paths' | 'service'> {
  if (values.paths === 'default') return {}
  const { bin, data, unit, user } = placesOf(values)
  return {
    paths: { bin, data, config: '/etc/keystore', wal: '/srv/wal/keystore' },
    service: { name: unit, user, group: user },
  }
}

function nodeOf({ network, reach, login }: Values, host: NodeName): NodeOptions {
  const { address, address6 } = labHost(host)
  const ssh: NodeSshOptions = {
    host: address,
    ...(reach === 'bastion' || host === 'node7' ? { jump: `${login}@${labHost('bastion').address}` } : {}),
  }
  return { address: network === 'IPv6' ? address6 : address, ssh }
}
