import { DeployError, exitCode } from '../errors.ts'
import type { Operation } from '../engine/operation.ts'
import type { HostReading, Look, Problem, Subject } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { layoutOf } from '../etcd/layout.ts'
import { foreignTraces } from './foreign.ts'
import { hasMemberData } from './formation.ts'
import { hostLook } from './look.ts'
import { heldData, nameOf } from './other-etcd.ts'
import { readHost } from './read-host.ts'
import { reachedHosts, type ReachedHost, type Seen } from './seen.ts'
import { unreachableProblems } from './unreachable.ts'
import { refuseUnfinished, unfinishedOperation } from './unfinished.ts'
import type { Wanted } from './wanted.ts'

/** The end of a cluster: wants nothing to be left, so it needs no certificates and no binaries. */
export class DownSubject implements Subject<Wanted, Seen> {
  readonly #cluster: Cluster
  /** The record beside the inventory, if there is one. */
  readonly #recorded: Operation | undefined

  constructor(cluster: Cluster, recorded: Operation | undefined) {
    this.#cluster = cluster
    this.#recorded = recorded
  }

  looks = (host: string): Look[] =>
    this.#cluster.nodes.filter(({ name }) => name === host).map((node) => hostLook(this.#cluster, node))

  see = (readings: ReadonlyMap<string, HostReading>): Seen => ({
    hosts: new Map([...readings].map(([name, reading]) => [name, readHost(this.#cluster, reading)])),
  })

  check = (seen: Seen): Problem[] => [
    ...refuseUnfinished(unfinishedOperation(seen, this.#recorded), undefined),
    ...this.#cluster.nodes.flatMap((node) => unreachableProblems(node, seen, { forming: false })),
    ...ofAnother(this.#cluster, seen),
  ]

  checkWanted = (): Problem[] => []

  guard = (): undefined => undefined

  prepare = (): Promise<Wanted> =>
    Promise.resolve({ cluster: this.#cluster, formation: { kind: 'bootstrap', token: '' }, members: new Map() })
}

function ofAnother(cluster: Cluster, seen: Seen): Problem[] {
  return reachedHosts(seen).flatMap(([host, on]) =>
    [...foreignTraces(cluster, host, on), ...strangersData(cluster, host, on), ...dataInUse(cluster, host, on)].map(
      (error) => ({ error }),
    ),
  )
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

/** Another etcd would lose under its feet what `down` sets aside. Its ports are no concern of ours. */
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
