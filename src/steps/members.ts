import type { Voter } from '../cluster/quorum.ts'
import { layoutOf } from '../etcd/layout.ts'
import { localClientUrl } from '../etcd/urls.ts'
import type { Cluster, Node, NodeName } from '../inventory/model.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import { reached, reachedHosts, type ReachedHost, type Seen } from './seen.ts'

/** The member list as the healthiest member tells it; undefined while nobody can tell. */
export function memberList(seen: Seen): MemberEntry[] | undefined {
  const tellers = reachedHosts(seen).filter(([, host]) => host.etcd?.members !== undefined)
  const teller = tellers.find(([, host]) => host.etcd?.healthy) ?? tellers[0]
  return teller?.[1].etcd?.members
}

/** Voters as etcd knows them; by the inventory where etcd can't be asked. */
export function voters(cluster: Cluster, seen: Seen): Voter[] {
  const members = memberList(seen)
  if (members === undefined) return cluster.nodes.map(({ name }) => ({ name, healthy: isHealthy(reached(seen, name)) }))
  return members
    .filter((member) => !member.isLearner)
    .map((member) => ({ name: member.name, healthy: isHealthy(reached(seen, member.name)) }))
}

export function isHealthy(host: ReachedHost | undefined): boolean {
  return host?.etcd?.healthy === true
}

export function leaderOf(seen: Seen): NodeName | undefined {
  return reachedHosts(seen).find(([, host]) => isLeader(host))?.[0]
}

export function isLeader(host: ReachedHost): boolean {
  const status = host.etcd?.status
  return status !== undefined && status.leader === status.memberId
}

/** Whom leadership is handed to: the healthy voter that has applied most. */
export function transfereeFor(seen: Seen, leader: NodeName): string | undefined {
  const others = reachedHosts(seen).filter(
    ([name, host]) => name !== leader && isHealthy(host) && host.etcd?.status?.isLearner !== true,
  )
  const byApplied = others.toSorted(([, a], [, b]) =>
    Number(appliedBy(b) - appliedBy(a)),
  )
  return byApplied[0]?.[1].etcd?.status?.memberId
}

function appliedBy({ etcd }: ReachedHost): bigint {
  return etcd?.status?.raftAppliedIndex ?? etcd?.status?.raftIndex ?? 0n
}

/** What etcdctl needs to ask the member of its own host. */
export function etcdctlFlags(cluster: Cluster, node: Node): string[] {
  const at = layoutOf(cluster)
  return [
    `--endpoints=${localClientUrl(cluster, node)}`,
    ...(cluster.tls.mode === 'off' ? [] : [`--cacert=${at.adminCa}`]),
    ...(cluster.tls.mode === 'mutual' ? [`--cert=${at.adminCert}`, `--key=${at.adminKey}`] : []),
  ]
}

/** The arguments that the scripts of member-scripts.ts begin with. */
export function memberArguments(cluster: Cluster, node: Node): string[] {
  const at = layoutOf(cluster)
  const deadline = String(Math.ceil(node.timeouts.startMs / 1000))
  return [cluster.service.name, at.etcdctl, deadline, at.previousDir, ...etcdctlFlags(cluster, node)]
}
