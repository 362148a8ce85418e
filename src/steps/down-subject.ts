import type { Operation } from '../engine/operation.ts'
import type { HostReading, Look, Problem, Subject } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { hostLook } from './look.ts'
import { othersTraces } from './others-traces.ts'
import { readHost } from './read-host.ts'
import { reachedHosts, type Seen } from './seen.ts'
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
  return reachedHosts(seen).flatMap(([host, on]) => othersTraces(cluster, host, on).map((error) => ({ error })))
}
