import type { Look, Problem } from '../engine/playbook.ts'
import type { Node } from '../inventory/model.ts'
import { HostsSubject } from './hosts-subject.ts'
import { hostLook } from './look.ts'
import { othersTraces } from './others-traces.ts'
import { reachedHosts, type Seen } from './seen.ts'

/** The end of a cluster: wants nothing to be left, and nobody is asked whether quorum stays. */
export class DownSubject extends HostsSubject {
  protected override looksOf(node: Node): Look[] {
    return [hostLook(this.cluster, node)]
  }

  override check(seen: Seen): Problem[] {
    const traces = reachedHosts(seen).flatMap(([host, on]) =>
      othersTraces(this.cluster, host, on).map((error) => ({ error })),
    )
    return [...super.check(seen), ...traces]
  }

  override guard(): undefined {
    return undefined
  }
}
