import { createHash } from 'node:crypto'

import type { Architecture, Cluster, Node } from '../inventory/model.ts'
import { layoutOf } from './layout.ts'
import { clientUrls, initialCluster, listenClientUrls, listenPeerUrls, peerUrl } from './urls.ts'
import { envFileLine, envName } from './settings.ts'
import { managedHeader } from './unit.ts'
import { minorSeries, sharesPortSafely } from './versions.ts'

export interface MemberEnv {
  /** The EnvironmentFile. */
  text: string
  /** What the process must be seen to run with. */
  environment: Readonly<Record<string, string>>
}

export interface EnvContext {
  state: 'new' | 'existing'
  token: string
  architecture: Architecture
  unit: string
  /** The CA bundles: etcd reads them at its start only, so that a new one is a reason to restart. */
  trust: readonly string[]
}

/** etcd's configuration as variables: one way only, as a setting that comes both as flag and as variable is fatal from 3.4 on. */
export function memberEnv(cluster: Cluster, node: Node, context: EnvContext): MemberEnv {
  const { walDir } = layoutOf(cluster)
  const running: [string, string][] = [
    ['ETCD_NAME', node.name],
    ['ETCD_DATA_DIR', cluster.paths.data],
    ...(walDir === undefined ? [] : ([['ETCD_WAL_DIR', walDir]] as const)),
    ['ETCD_LISTEN_PEER_URLS', listenPeerUrls(cluster, node).join(',')],
    ['ETCD_LISTEN_CLIENT_URLS', listenClientUrls(cluster, node).join(',')],
    ['ETCD_ADVERTISE_CLIENT_URLS', clientUrls(cluster, node).join(',')],
    ...certificateVariables(cluster),
    ...Object.entries(defaultSettings(cluster, context.architecture)).map(([name, value]) => [name, value] as const),
    ...Object.entries(node.settings).map(([flag, value]) => [envName(flag), value] as const),
    ...threads(cluster),
  ].map(([name, value]) => [name, value])
  const initial: [string, string][] = [
    ['ETCD_INITIAL_ADVERTISE_PEER_URLS', peerUrl(cluster, node)],
    ['ETCD_INITIAL_CLUSTER', initialCluster(cluster)],
    ['ETCD_INITIAL_CLUSTER_STATE', context.state],
    ['ETCD_INITIAL_CLUSTER_TOKEN', context.token],
  ]
  // How a rerun tells what a process was started with, where etcd itself does not show it.
  running.push(['DEPLOYED_UNIT', digest([context.unit])])
  if (cluster.tls.mode !== 'off') running.push(['DEPLOYED_TRUST', digest(context.trust)])
  const environment = Object.fromEntries(running)
  const lines = (entries: [string, string][]): string =>
    entries.map(([name, value]) => `${envFileLine(name, value)}\n`).join('')
  const text = `${managedHeader(cluster)}\n${lines(Object.entries(environment))}# Ignored by etcd once the member has data:\n${lines(initial)}`
  return { text, environment }
}

function certificateVariables(cluster: Cluster): [string, string][] {
  const { mode } = cluster.tls
  if (mode === 'off') return []
  const at = layoutOf(cluster)
  const server: [string, string][] = [
    ['ETCD_CERT_FILE', at.serverCert],
    ['ETCD_KEY_FILE', at.serverKey],
  ]
  // A trusted CA alone forces client certificates since 3.4, so `server` has none.
  const clients: [string, string][] = [
    ['ETCD_TRUSTED_CA_FILE', at.clientCa],
    ['ETCD_CLIENT_CERT_AUTH', 'true'],
    ['ETCD_CLIENT_CRL_FILE', at.clientCrl],
  ]
  return [
    ...server,
    ...(mode === 'mutual' ? clients : []),
    ['ETCD_PEER_CERT_FILE', at.peerCert],
    ['ETCD_PEER_KEY_FILE', at.peerKey],
    ['ETCD_PEER_TRUSTED_CA_FILE', at.peerCa],
    ['ETCD_PEER_CLIENT_CERT_AUTH', 'true'],
    ['ETCD_PEER_CRL_FILE', at.peerCrl],
  ]
}

/** Defaults of ours where etcd's own would do harm; a setting of the inventory replaces them. */
function defaultSettings(cluster: Cluster, architecture: Architecture): Record<string, string> {
  const series = minorSeries(cluster.version)
  return {
    // 3.4 still logs in capnslog's format unless told; from 3.5 on there is only zap.
    ...(series === '3.4' ? { ETCD_LOGGER: 'zap' } : {}),
    ...(architecture === 'arm64' && (series === '3.3' || series === '3.4') ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {}),
  }
}

function threads({ service: { gomaxprocs }, tls, version }: Cluster): [string, string][] {
  // Chance favours the start of a member with threads to spare: see sharesPortSafely.
  const atLeastNow = tls.plain?.clients === true && !sharesPortSafely(version) ? 16 : 0
  const wanted = Math.max(gomaxprocs ?? 0, atLeastNow)
  return wanted === 0 ? [] : [['GOMAXPROCS', String(wanted)]]
}

function digest(texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text)
  return hash.digest('hex').slice(0, 16)
}
