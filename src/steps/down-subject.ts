import { DeployError, exitCode } from '../errors.ts'
import type { HostReading, Look, Problem, Subject } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster } from '../inventory/model.ts'
import { managedBy } from './formation.ts'
import { hostLook } from './look.ts'
import { readHost } from './read-host.ts'
import { reachedHosts, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** The end of a cluster: wants nothing to be left, so it needs no certificates and no binaries. */
export class DownSubject implements Subject<Wanted, Seen> {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  looks = (host: string): Look[] =>
    this.#cluster.nodes.filter(({ name }) => name === host).map((node) => hostLook(this.#cluster, node))

  see = (readings: ReadonlyMap<string, HostReading>): Seen => ({
    hosts: new Map([...readings].map(([name, reading]) => [name, readHost(this.#cluster, reading)])),
  })

  check = (seen: Seen): Problem[] => [...unreachable(seen), ...ofAnother(this.#cluster, seen)]

  checkWanted = (): Problem[] => []

  guard = (): undefined => undefined

  prepare = (): Promise<Wanted> =>
    Promise.resolve({ cluster: this.#cluster, formation: { kind: 'bootstrap', token: '' }, members: new Map() })
}

function unreachable(seen: Seen): Problem[] {
  return [...seen.hosts].flatMap(([host, on]) => {
    if (on.kind !== 'unreachable') return []
    if (on.error instanceof DeployError) return [{ error: on.error }]
    return [
      {
        error: new DeployError({
          message: 'the host cannot be reached',
          host,
          tried: 'read the host',
          answered: on.error.message,
        }),
      },
    ]
  })
}

function ofAnother(cluster: Cluster, seen: Seen): Problem[] {
  const at = layoutOf(cluster)
  return reachedHosts(seen).flatMap(([host, on]) => {
    const unit = on.files.get(at.unit)?.text
    const owner = on.formed?.cluster ?? (unit === undefined ? cluster.name : managedBy(unit))
    if (owner === cluster.name) return []
    const message =
      owner === undefined ? `${at.unit} was not made by etcd-deploy` : `this host belongs to cluster ${owner}`
    return [
      {
        error: new DeployError({
          message,
          host,
          tried: `read ${at.unit}`,
          next: 'down only ends what belongs to the cluster of its inventory',
          exitCode: exitCode.refused,
        }),
      },
    ]
  })
}
