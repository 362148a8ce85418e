import { quorumOf } from '../cluster/quorum.ts'
import { DeployError } from '../errors.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { isHealthy, isLeader, voters } from './members.ts'
import { reached, type ReachedHost, type Seen } from './seen.ts'

/** A healthy voter, not the leader where there is another, and of those the one that has applied most. */
export function healthiest(cluster: Cluster, seen: Seen): { node: Node; sizeBytes: number } {
  const candidates = cluster.nodes
    .flatMap((node) => {
      const on = reached(seen, node.name)
      return on !== undefined && isHealthy(on) && on.etcd?.status?.isLearner !== true ? [{ node, on }] : []
    })
    .toSorted((a, b) => Number(isLeader(a.on)) - Number(isLeader(b.on)) || applied(b.on) - applied(a.on))
  const [best] = candidates
  if (best === undefined) throw nobodyHealthy(cluster, seen)
  return { node: best.node, sizeBytes: best.on.etcd?.status?.dbSizeBytes ?? 0 }
}

function applied(on: ReachedHost): number {
  const status = on.etcd?.status
  return Number(status?.raftAppliedIndex ?? status?.raftIndex ?? 0n)
}

function nobodyHealthy(cluster: Cluster, seen: Seen): DeployError {
  const all = voters(cluster, seen)
  const healthy = all.filter((voter) => voter.health === 'healthy').length
  return new DeployError({
    message: `no member can give a snapshot: quorum needs ${quorumOf(all.length)} of ${all.length} members, ${healthy} are healthy`,
    tried: 'look for a healthy voter',
    next: 'etcd-deploy status says what is wrong with each member',
  })
}
