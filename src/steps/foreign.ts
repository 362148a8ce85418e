import { DeployError, exitCode } from '../errors.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import type { ReachedHost } from './seen.ts'

/** What shows that a host's member belongs to another cluster, or was set up by hand: it is left alone. */
export function foreignTraces(cluster: Cluster, name: NodeName, host: ReachedHost): DeployError[] {
  const at = layoutOf(cluster)
  if (host.formed !== undefined && host.formed.cluster !== cluster.name) {
    return [
      new DeployError({
        message: `this host belongs to cluster ${host.formed.cluster === '' ? '(unreadable record)' : host.formed.cluster}, not to ${cluster.name}`,
        host: name,
        tried: `read ${at.formed}`,
        next: [
          'use another host, or another service name and other paths in the inventory',
          'to give the host up: etcd-deploy down with the inventory of that cluster',
        ],
        exitCode: exitCode.refused,
      }),
    ]
  }
  const unit = host.files.get(at.unit)?.text
  const handMade =
    (unit !== undefined && managedBy(unit) !== cluster.name) ||
    (host.unit.loaded && host.unit.fragment !== '' && host.unit.fragment !== at.unit)
  if (!handMade) return []
  const whose = unit === undefined ? undefined : managedBy(unit)
  return [
    new DeployError({
      message:
        whose === undefined
          ? `a unit ${cluster.service.name}.service is there that was not made by etcd-deploy`
          : `${cluster.service.name}.service belongs to cluster ${whose}`,
      host: name,
      tried: `read ${host.unit.fragment || at.unit}`,
      next: ['give this cluster another service.name, ports and paths in the inventory, or use another host', takeOver],
      exitCode: exitCode.refused,
    }),
  ]
}

/** What a person who wants to keep such a cluster is told. */
export const takeOver =
  'taking over a cluster that was set up by hand is not there yet (it will be etcd-deploy adopt): see docs/how-it-works.md'

/** Another cluster of etcd-deploy's, whose settings lie where this one's would. */
export function settingsOfAnother(cluster: Cluster, on: ReachedHost): string | undefined {
  return another(cluster, on.files.get(layoutOf(cluster).env)?.text)
}

/** Another cluster of etcd-deploy's, whose binaries lie where this one's would. */
export function binariesOfAnother(cluster: Cluster, on: ReachedHost): string | undefined {
  return another(cluster, on.files.get(layoutOf(cluster).binarySums)?.text)
}

function another(cluster: Cluster, text: string | undefined): string | undefined {
  const owner = managedBy(text ?? '')
  return owner === cluster.name ? undefined : owner
}

/** The cluster that a file of ours belongs to. */
export function managedBy(text: string): string | undefined {
  return /^# Managed by etcd-deploy for cluster (\S+);/m.exec(text)?.[1]
}
