import type { Operation } from '../engine/operation.ts'
import type { Change, HostReading, Look, Problem, Refusal, Subject } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { guard } from './guard.ts'
import { etcdLook, hostLook } from './look.ts'
import { readHost } from './read-host.ts'
import type { Seen } from './seen.ts'
import { unreachableProblems } from './unreachable.ts'
import { refuseUnfinished, unfinishedOperation } from './unfinished.ts'
import type { Wanted } from './wanted.ts'

/** The hosts alone: no certificates are made for them, no binaries brought, and no cluster need be there yet. */
export class HostsSubject implements Subject<Wanted, Seen> {
  readonly #cluster: Cluster
  /** The record beside the inventory, if there is one. */
  readonly #recorded: Operation | undefined

  constructor(cluster: Cluster, recorded: Operation | undefined) {
    this.#cluster = cluster
    this.#recorded = recorded
  }

  looks = (host: string): Look[] =>
    this.#cluster.nodes
      .filter(({ name }) => name === host)
      .flatMap((node) => [hostLook(this.#cluster, node), etcdLook(this.#cluster, node)])

  see = (readings: ReadonlyMap<string, HostReading>): Seen => ({
    hosts: new Map([...readings].map(([name, reading]) => [name, readHost(this.#cluster, reading)])),
  })

  check = (seen: Seen): Problem[] => [
    ...refuseUnfinished(unfinishedOperation(seen, this.#recorded), undefined),
    ...this.#cluster.nodes.flatMap((node) => unreachableProblems(node, seen, { forming: false })),
  ]

  checkWanted = (): Problem[] => []

  guard = (change: Change<Seen>, _: Wanted, seen: Seen): Refusal | undefined => guard(this.#cluster, change, seen)

  prepare = (): Promise<Wanted> =>
    Promise.resolve({ cluster: this.#cluster, formation: { kind: 'bootstrap', token: '' }, members: new Map() })
}
