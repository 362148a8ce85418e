import type { Problem } from '../engine/playbook.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { authProblems } from './auth-check.ts'
import { clockProblems } from './clock-check.ts'
import { foreignTraces } from './foreign.ts'
import { networkProblems } from './network-check.ts'
import { otherEtcd } from './other-etcd.ts'
import { pathProblems } from './path-check.ts'
import { reached, type ReachedHost, type Seen } from './seen.ts'
import { spaceProblems } from './space-check.ts'
import { systemProblems } from './system-check.ts'
import { unreachableProblems } from './unreachable.ts'

/** All that would make `up` fail on these hosts, found before anything is changed. */
export function preflight(cluster: Cluster, seen: Seen, formed: boolean): Problem[] {
  return [
    ...cluster.nodes.flatMap((node) => {
      const on = reached(seen, node.name)
      return on === undefined
        ? unreachableProblems(node, seen, { forming: !formed })
        : hostProblems(cluster, node, on, seen)
    }),
    ...clockProblems(seen),
    ...authProblems(cluster, seen),
  ]
}

function hostProblems(cluster: Cluster, node: Node, on: ReachedHost, seen: Seen): Problem[] {
  const foreign = [...foreignTraces(cluster, node.name, on), ...otherEtcd(cluster, node, on)]
  // Ports and paths are that other cluster's then: nothing of it shall be stopped or moved away.
  if (foreign.length > 0) return [...systemProblems(node, on), ...foreign.map((error) => ({ error }))]
  return [
    ...systemProblems(node, on),
    ...networkProblems(cluster, node, on, seen),
    ...pathProblems(cluster, node, on),
    ...spaceProblems(node, on),
  ]
}
