import { DeployError, exitCode } from '../errors.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { foreignTraces, settingsOfAnother } from './foreign.ts'
import { hasMemberData } from './formation.ts'
import { heldData, nameOf } from './other-etcd.ts'
import type { ReachedHost } from './seen.ts'

/** Why nothing of a host may be stopped or set aside: it is not this cluster's. */
export function othersTraces(cluster: Cluster, host: NodeName, on: ReachedHost): DeployError[] {
  const foreign = foreignTraces(cluster, host, on)
  return [
    ...(foreign.length > 0 ? foreign : strangersSettings(cluster, host, on)),
    ...strangersData(cluster, host, on),
    ...dataInUse(cluster, host, on),
  ]
}

/** They would go with the folder, and with them the keys of a member that runs. */
function strangersSettings(cluster: Cluster, host: string, on: ReachedHost): DeployError[] {
  const owner = settingsOfAnother(cluster, on)
  if (owner === undefined) return []
  return [
    new DeployError({
      message: `${cluster.paths.config} holds the settings of cluster ${owner}, not of ${cluster.name}`,
      host,
      tried: `read ${layoutOf(cluster).env}`,
      next: 'compare paths.config and the hosts of this inventory',
      exitCode: exitCode.refused,
    }),
  ]
}

/** Data where nothing says that it is ours: perhaps a living etcd of somebody else's under another unit. */
function strangersData(cluster: Cluster, host: string, on: ReachedHost): DeployError[] {
  const at = layoutOf(cluster)
  const signs = [at.formed, at.wasReady, at.unit, at.env].some((path) => on.files.has(path))
  if (signs || !hasMemberData(cluster, on)) return []
  return [
    new DeployError({
      message: `${cluster.paths.data} holds a member, and nothing says that it is of cluster ${cluster.name}`,
      host,
      tried: `look for signs of the cluster beside ${cluster.paths.data}`,
      next: 'compare paths.data and the hosts of this inventory; remove the data by hand if it is really to go',
      exitCode: exitCode.refused,
    }),
  ]
}

/** Another etcd would lose under its feet what is set aside. Its ports are no concern of ours. */
function dataInUse(cluster: Cluster, host: string, on: ReachedHost): DeployError[] {
  return on.others
    .filter((other) => heldData(cluster, other).length > 0)
    .map(
      (other) =>
        new DeployError({
          message: `another etcd runs here, ${nameOf(other)}, and holds the data in ${heldData(cluster, other).join(', ')}`,
          host,
          tried: 'look at the processes that are called etcd',
          next: 'stop it first, if it is really to go',
          exitCode: exitCode.refused,
        }),
    )
}
