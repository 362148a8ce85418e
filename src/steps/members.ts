import { failuresSurvived, type Health, type Voter } from '../cluster/quorum.ts'
import { layoutOf } from '../etcd/layout.ts'
import { clientUrls, peerUrl } from '../etcd/urls.ts'
import type { Cluster, Node, NodeName } from '../inventory/model.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import { memberAccess } from './etcdctl-shell.ts'
import { reached, reachedHosts, withHost, type ReachedHost, type Seen } from './seen.ts'

/** The member list as a healthy member told it last, as the list may have changed since others were asked; undefined while nobody can tell. */
export function memberList(seen: Seen): MemberEntry[] | undefined {
  const tellers = reachedHosts(seen)
    .filter(([, host]) => host.etcd?.members !== undefined)
    .toSorted(([, a], [, b]) => b.clock.latestMs - a.clock.latestMs)
  const teller = tellers.find(([, host]) => host.etcd?.healthy) ?? tellers[0]
  return teller?.[1].etcd?.members
}

/** Voters as etcd knows them, by the names of the inventory; by the inventory alone where etcd can't be asked. */
export function voters(cluster: Cluster, seen: Seen): Voter[] {
  const members = memberList(seen)
  if (members === undefined) return cluster.nodes.map(({ name }) => ({ name, health: healthOf(reached(seen, name)) }))
  return members
    .filter((member) => !member.isLearner)
    .map((member) => nameOf(cluster, seen, member))
    .map((name) => ({ name, health: healthOf(reached(seen, name)) }))
}

export function learners(cluster: Cluster, seen: Seen): NodeName[] {
  const found = memberList(seen)?.filter((member) => member.isLearner) ?? []
  return found.map((member) => nodeOf(cluster, seen, member) ?? member.name)
}

/** The inventory's name for it; etcd's, or its id, where that has none. */
export function nameOf(cluster: Cluster, seen: Seen, member: MemberEntry): string {
  return nodeOf(cluster, seen, member) ?? (member.name || member.id)
}

/** The node that a member is: by the id that it gives itself, which no renaming changes; else by name or peer URL. */
function nodeOf(cluster: Cluster, seen: Seen, member: MemberEntry): NodeName | undefined {
  const byId = reachedHosts(seen).find(([, host]) => host.etcd?.status?.memberId === member.id)?.[0]
  const byName = cluster.nodes.find(({ name }) => name === member.name)?.name
  return byId ?? byName ?? cluster.nodes.find((node) => member.peerUrls.includes(peerUrl(cluster, node)))?.name
}

/** Down only where that is certain: no process, not ready yet, or it says itself that it has no leader. */
function healthOf(host: ReachedHost | undefined): Health {
  if (host === undefined) return 'unknown'
  if (isHealthy(host)) return 'healthy'
  const status = host.etcd?.status
  const leaderless = status !== undefined && status.leader === undefined
  return host.process === undefined || host.unit.active !== 'active' || leaderless ? 'down' : 'unknown'
}

export function isHealthy(host: ReachedHost | undefined): boolean {
  return host?.etcd?.healthy === true
}

export function isLeader(host: ReachedHost): boolean {
  const status = host.etcd?.status
  return status !== undefined && status.leader === status.memberId
}

/** In which order members are taken down: those that serve nobody first, the leader last. */
export function turnOf(host: ReachedHost): number {
  if (!isHealthy(host)) return 0
  return isLeader(host) ? 2 : 1
}

/** Whom leadership is handed to: the healthy voter that has applied most. */
export function transfereeFor(seen: Seen, leader: NodeName): string | undefined {
  const others = reachedHosts(seen).filter(
    ([name, host]) => name !== leader && isHealthy(host) && host.etcd?.status?.isLearner !== true,
  )
  const byApplied = others.toSorted(([, a], [, b]) => Number(appliedBy(b) - appliedBy(a)))
  return byApplied[0]?.[1].etcd?.status?.memberId
}

function appliedBy({ etcd }: ReachedHost): bigint {
  return etcd?.status?.raftAppliedIndex ?? etcd?.status?.raftIndex ?? 0n
}

/** The arguments that the scripts of member-scripts.ts begin with. */
export function memberArguments(cluster: Cluster, node: Node): string[] {
  const deadline = String(Math.ceil(node.timeouts.startMs / 1000))
  const others = cluster.nodes.filter(({ name }) => name !== node.name).flatMap((other) => clientUrls(cluster, other))
  return [deadline, layoutOf(cluster).previousDir, others.join(','), ...memberAccess(cluster, node)]
}

export function hasQuorum(cluster: Cluster, seen: Seen): boolean {
  return failuresSurvived(voters(cluster, seen)) >= 0
}

/** What will be seen once etcd's list has changed: every member that tells it tells the new one. */
export function withMembers(seen: Seen, change: (members: readonly MemberEntry[]) => MemberEntry[]): Seen {
  return reachedHosts(seen).reduce(
    (state, [host]) =>
      withHost(state, host, ({ etcd }) => ({
        etcd: etcd?.members === undefined ? etcd : { ...etcd, members: change(etcd.members) },
      })),
    seen,
  )
}

/** Once etcd was told where a member is. */
export function withPeerUrl(seen: Seen, id: string, url: string): Seen {
  return withMembers(seen, (members) => members.map((each) => (each.id === id ? { ...each, peerUrls: [url] } : each)))
}
