import type { Operation } from '../engine/operation.ts'
import type { Change, HostReading, Look, Problem, Refusal, Subject } from '../engine/playbook.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { guard } from './guard.ts'
import { etcdLook, hostLook } from './look.ts'
import { readHost } from './read-host.ts'
import type { Seen } from './seen.ts'
import { unreachableProblems } from './unreachable.ts'
import { refuseUnfinished, unfinishedOperation } from './unfinished.ts'
import type { Wanted } from './wanted.ts'

/** The hosts alone: no certificates are made for them, no binaries brought, and no cluster need be there yet. */
export class HostsSubject implements Subject<Wanted, Seen> {
  protected readonly cluster: Cluster
  /** The record beside the inventory, if there is one. */
  readonly #recorded: Operation | undefined

  constructor(cluster: Cluster, recorded: Operation | undefined) {
    this.cluster = cluster
    this.#recorded = recorded
  }

  looks = (host: string): Look[] =>
    this.cluster.nodes.filter(({ name }) => name === host).flatMap((node) => this.looksOf(node))

  protected looksOf(node: Node): Look[] {
    return [hostLook(this.cluster, node), etcdLook(this.cluster, node)]
  }

  see(readings: ReadonlyMap<string, HostReading>): Seen {
    return { hosts: new Map([...readings].map(([name, reading]) => [name, readHost(this.cluster, reading)])) }
  }

  check(seen: Seen): Problem[] {
    return [...refuseUnfinished(unfinishedOperation(seen, this.#recorded), undefined), ...this.unreachable(seen)]
  }

  protected unreachable(seen: Seen): Problem[] {
    return this.cluster.nodes.flatMap((node) => unreachableProblems(node, seen, { forming: false }))
  }

  checkWanted(): Problem[] {
    return []
  }

  guard(change: Change<Seen>, _: Wanted, seen: Seen): Refusal | undefined {
    return guard(this.cluster, change, seen)
  }

  prepare(): Promise<Wanted> {
    return Promise.resolve({ cluster: this.cluster, formation: { kind: 'bootstrap', token: '' }, members: new Map() })
  }
}
