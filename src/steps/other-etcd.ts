import { DeployError, exitCode } from '../errors.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { takeOver } from './foreign.ts'
import type { OtherEtcd, ReachedHost } from './seen.ts'
import { takenPorts } from './taken-ports.ts'

/** Somebody's etcd that holds what our member needs. One that holds nothing of it is fine. */
export function otherEtcd(cluster: Cluster, node: Node, on: ReachedHost): DeployError[] {
  return on.others.flatMap((other) => {
    const ports = takenPorts(node, other.listening).map(({ what, port }) => `our ${what} port ${port}`)
    const data = heldData(cluster, other).map((folder) => `the data in ${folder}`)
    const held = [...ports, ...data]
    if (held.length === 0) return []
    return [
      new DeployError({
        message: `another etcd runs here, ${nameOf(other)}, and holds ${held.join(', ')}`,
        host: node.name,
        tried: 'look at the processes that are called etcd',
        next: ['beside it: give this cluster other ports, paths and another service.name in the inventory', takeOver],
        exitCode: exitCode.refused,
      }),
    ]
  })
}

/** Folders of ours in which it works. */
export function heldData(cluster: Cluster, { folders }: OtherEtcd): string[] {
  const ours = [`${cluster.paths.data}/member`, layoutOf(cluster).walDir]
  return folders.filter((folder) => ours.includes(folder))
}

export function nameOf({ unit, pid }: OtherEtcd): string {
  return unit === '' ? `process ${pid}` : `as unit ${unit}`
}
