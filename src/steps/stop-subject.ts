import type { Operation } from '../engine/operation.ts'
import type { Change, Problem, Refusal } from '../engine/playbook.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { foreignTraces } from './foreign.ts'
import { HostsSubject } from './hosts-subject.ts'
import { reachedHosts, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

export interface StopSubjectOptions {
  cluster: Cluster
  /** Those that are to be stopped. */
  targets: ReadonlySet<NodeName>
  /** The record beside the inventory, if there is one. */
  recorded: Operation | undefined
}

/** Members that are to rest: it takes no certificates, no binaries, nor a disk with room to stop them. */
export class StopSubject extends HostsSubject {
  readonly #targets: ReadonlySet<NodeName>

  constructor({ cluster, targets, recorded }: StopSubjectOptions) {
    super(cluster, recorded)
    this.#targets = targets
  }

  override check(seen: Seen): Problem[] {
    const traces = reachedHosts(seen)
      .filter(([host]) => this.#targets.has(host))
      .flatMap(([host, on]) => foreignTraces(this.cluster, host, on).map((error) => ({ error })))
    return [...super.check(seen), ...traces]
  }

  /** A dead host keeps nobody from stopping the others. */
  protected override unreachable(seen: Seen): Problem[] {
    const problems = super.unreachable(seen)
    return reachedHosts(seen).length === 0 ? problems : problems.map((problem) => ({ ...problem, warning: true }))
  }

  /** Whoever stops a member on purpose may also give up quorum on purpose. */
  override guard(change: Change<Seen>, want: Wanted, seen: Seen): Refusal | undefined {
    const refusal = super.guard(change, want, seen)
    return refusal && { ...refusal, allowable: true }
  }
}
