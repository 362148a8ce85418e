import type { Operation } from '../engine/operation.ts'
import type { Change, HostReading, Look, Problem, Refusal, Subject } from '../engine/playbook.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { foreignTraces } from './foreign.ts'
import { guard } from './guard.ts'
import { etcdLook, hostLook } from './look.ts'
import { readHost } from './read-host.ts'
import { reachedHosts, type Seen } from './seen.ts'
import { unreachableProblems } from './unreachable.ts'
import { refuseUnfinished, unfinishedOperation } from './unfinished.ts'
import type { Wanted } from './wanted.ts'

export interface StopSubjectOptions {
  cluster: Cluster
  /** Those that are to be stopped. */
  targets: ReadonlySet<NodeName>
  /** The record beside the inventory, if there is one. */
  recorded: Operation | undefined
}

/** Members that are to rest: it takes no certificates, no binaries, nor a disk with room to stop them. */
export class StopSubject implements Subject<Wanted, Seen> {
  readonly #cluster: Cluster
  readonly #targets: ReadonlySet<NodeName>
  readonly #recorded: Operation | undefined

  constructor({ cluster, targets, recorded }: StopSubjectOptions) {
    this.#cluster = cluster
    this.#targets = targets
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
    ...this.#cluster.nodes.flatMap((node) =>
      unreachableProblems(node, seen, { forming: false }).map(this.#mayBeAbsent(seen)),
    ),
    ...reachedHosts(seen)
      .filter(([host]) => this.#targets.has(host))
      .flatMap(([host, on]) => foreignTraces(this.#cluster, host, on).map((error) => ({ error }))),
  ]

  checkWanted = (): Problem[] => []

  /** Whoever stops a member on purpose may also give up quorum on purpose. */
  guard = (change: Change<Seen>, _: Wanted, seen: Seen): Refusal | undefined => {
    const refusal = guard(this.#cluster, change, seen)
    return refusal && { ...refusal, allowable: true }
  }

  prepare = (): Promise<Wanted> =>
    Promise.resolve({ cluster: this.#cluster, formation: { kind: 'bootstrap', token: '' }, members: new Map() })

  /** A dead host keeps nobody from stopping the others. */
  #mayBeAbsent(seen: Seen): (problem: Problem) => Problem {
    return (problem) => (reachedHosts(seen).length === 0 ? problem : { ...problem, warning: true })
  }
}
