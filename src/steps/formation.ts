import { DeployError, exitCode } from '../errors.ts'
import { layoutOf } from '../etcd/layout.ts'
import { peerUrl } from '../etcd/urls.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { envValues } from '../etcd/env-file.ts'
import { managedBy, takeOver } from './foreign.ts'
import { halfJoined } from './half-joined.ts'
import { dataGone, notMounted, unmounted } from './missing-data.ts'
import { isHealthy, memberList } from './members.ts'
import { reachedHosts, type ReachedHost, type Seen } from './seen.ts'

/** Whether the cluster is still to be bootstrapped, or is there and must never be bootstrapped again. */
export type Formation =
  | { kind: 'bootstrap'; token: string }
  | { kind: 'formed'; token: string; clusterId: string | undefined }

export interface Remembered {
  clusterId: string
  token: string
}

/**
 * etcd makes the same cluster and member ids from the same names, URLs and token: two of three members wiped and started `new` would
 * form it again beside the third, and data would silently diverge. So a token is random for each bootstrap, and every trace of an
 * earlier one counts: what `pki/` remembers, what hosts remember, data, certificates.
 */
export function decideFormation(
  cluster: Cluster,
  seen: Seen,
  remembered: Remembered | undefined,
  freshToken: string,
  joins?: NodeName,
): { formation: Formation } | { refused: DeployError[] } {
  const hosts = reachedHosts(seen)
  const formed = remembered ?? hosts.map(([, host]) => host.formed).find((each) => each !== undefined)
  if (formed !== undefined) return formedBefore(cluster, seen, formed, joins)
  return bootstrapOrResume(cluster, seen, freshToken)
}

/** All that etcd needs to go on: where the WAL is a disk of its own, both. */
function hasWholeMember(cluster: Cluster, host: ReachedHost): boolean {
  const { data, wal } = cluster.paths
  const hasWal = wal === undefined ? host.files.has(`${data}/member/wal`) : host.walEntries.includes('member')
  return host.files.has(`${data}/member/snap`) && hasWal
}

/** Any trace of a member. */
export function hasMemberData(cluster: Cluster, host: ReachedHost): boolean {
  return host.files.has(`${cluster.paths.data}/member`) || host.walEntries.includes('member')
}

function formedBefore(
  cluster: Cluster,
  seen: Seen,
  formed: Remembered,
  joins: NodeName | undefined,
): { formation: Formation } | { refused: DeployError[] } {
  const hosts = reachedHosts(seen)
  // With nobody serving nobody could be replaced: what has its data is to run first.
  const serves = hosts.some(([, host]) => isHealthy(host))
  const waiting = serves ? [] : hosts.filter(([, host]) => hasWholeMember(cluster, host)).map(([name]) => name)
  const refused = hosts.flatMap(([name, host]) => {
    if (host.formed !== undefined && host.formed.clusterId !== formed.clusterId)
      return [otherCluster(name, `this host remembers cluster id ${host.formed.clusterId}`, formed.clusterId)]
    // What it remembers says nothing of what runs: its data may have been restored from another cluster's.
    const runs = host.etcd?.clusterId
    if (runs !== undefined && runs !== formed.clusterId)
      return [otherCluster(name, `the member that runs here is of cluster id ${runs}`, formed.clusterId)]
    if (belongsToOther(cluster, host)) return [otherOwner(cluster, name, host)]
    if (name === joins || hasWholeMember(cluster, host)) return []
    return missing(cluster, name, host, seen, waiting)
  })
  if (refused.length > 0) return { refused }
  return { formation: { kind: 'formed', token: formed.token, clusterId: formed.clusterId } }
}

/** A node that etcd, as far as it can be asked, does not have never had data here; a member without a name has never started. */
function missing(
  cluster: Cluster,
  name: NodeName,
  host: ReachedHost,
  seen: Seen,
  waiting: readonly NodeName[],
): DeployError[] {
  const gone = [dataGone(cluster, name, host, waiting)]
  const node = cluster.nodes.find((each) => each.name === name)
  const members = memberList(seen)
  if (node === undefined || members === undefined) return gone
  const url = peerUrl(cluster, node)
  const entry = members.find((member) => member.name === name || member.peerUrls.includes(url))
  if (entry === undefined) return []
  return entry.name === '' ? [halfJoined(name, entry)] : gone
}

/** A member that etcd has in its list, and that never came up: it has yet to publish its client URLs. */
function neverServed(name: NodeName, seen: Seen): boolean {
  return memberList(seen)?.some((member) => member.clientUrls.length === 0 && ['', name].includes(member.name)) === true
}

/** Whose data it is can't be changed under a running member: it could no longer read its keys nor write its log. */
function belongsToOther(cluster: Cluster, host: ReachedHost): boolean {
  const data = host.files.get(`${cluster.paths.data}/member`)
  return data !== undefined && (data.owner !== cluster.service.user || data.group !== cluster.service.group)
}

function otherOwner({ paths, service }: Cluster, name: NodeName, host: ReachedHost): DeployError {
  const data = host.files.get(`${paths.data}/member`)
  return new DeployError({
    message: `the member's data belongs to ${data?.owner}:${data?.group}, the inventory says ${service.user}:${service.group}`,
    host: name,
    tried: `look at ${paths.data}/member`,
    next: [
      `service: { user: '${data?.owner}', group: '${data?.group}' } in the inventory keeps what is there`,
      'the account of a member that has data is not changed: it would lose its keys and its log while it runs',
    ],
    exitCode: exitCode.refused,
  })
}

/** Nobody remembers a formed cluster: either nothing was begun, or a bootstrap was interrupted and goes on with its own token. */
function bootstrapOrResume(
  cluster: Cluster,
  seen: Seen,
  freshToken: string,
): { formation: Formation } | { refused: DeployError[] } {
  const hosts = reachedHosts(seen)
  const withData = hosts.filter(([, host]) => hasMemberData(cluster, host))
  const begun = (withData.length > 0 ? withData : hosts).map(([name, host]) => ({
    name,
    token: tokenOn(cluster, host),
  }))
  const strangers = withData.length === 0 ? [] : begun.filter(({ token }) => token === undefined)
  if (strangers.length > 0) return { refused: strangers.map(({ name }) => handBuilt(cluster, name)) }
  const tokens = new Set(begun.map(({ token }) => token).filter((token) => token !== undefined))
  if (withData.length > 0 && tokens.size > 1) return { refused: begun.map(({ name }) => handBuilt(cluster, name)) }
  const wasReady = hosts.some(([, host]) => host.files.has(layoutOf(cluster).wasReady))
  if (wasReady) {
    const gone = hosts.filter(([name, host]) => !hasMemberData(cluster, host) && !neverServed(name, seen))
    if (gone.length > 0) return { refused: gone.map(([name, host]) => dataGone(cluster, name, host)) }
  }
  const bare = hosts.filter(([, host]) => !hasMemberData(cluster, host) && unmounted(cluster, host).length > 0)
  if (bare.length > 0) return { refused: bare.map(([name, host]) => notMounted(cluster, name, host)) }
  const [token = freshToken] = tokens
  return { formation: { kind: 'bootstrap', token } }
}

/** The token of a bootstrap that was begun there for this cluster. */
function tokenOn(cluster: Cluster, host: ReachedHost): string | undefined {
  const text = host.files.get(layoutOf(cluster).env)?.text
  if (text === undefined || managedBy(text) !== cluster.name) return undefined
  return envValues(text)['ETCD_INITIAL_CLUSTER_TOKEN']
}

function otherCluster(host: NodeName, found: string, wanted: string): DeployError {
  return new DeployError({
    message: `${found}, but ${wanted} is wanted`,
    host,
    tried: 'compare what hosts and pki/ remember with what runs',
    next: [
      'use the inventory and the pki/ folder that belong to these hosts',
      'data of another cluster was put here: set it aside and bring the own data back',
    ],
    exitCode: exitCode.refused,
  })
}

function handBuilt(cluster: Cluster, name: NodeName): DeployError {
  return new DeployError({
    message: `${cluster.paths.data} holds the data of a member that this inventory knows nothing of`,
    host: name,
    tried: `look into ${cluster.paths.data}`,
    next: ['if it belongs to another cluster: set paths.data to another folder, or use another host', takeOver],
    exitCode: exitCode.refused,
  })
}
