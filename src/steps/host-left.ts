import { DeployError, exitCode } from '../errors.ts'
import type { Step } from '../engine/playbook.ts'
import { envValues } from '../etcd/env-file.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { hasLeft } from './leaving.ts'
import { memberList } from './members.ts'
import { othersTraces } from './others-traces.ts'
import { reached, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** What ends a cluster, on the one host that a member has left: not before it has, and nothing of others that may be there by now. */
export function onHostLeft(steps: readonly Step<Wanted, Seen>[]): Step<Wanted, Seen>[] {
  return steps.map((step) => ({
    ...step,
    next: (want, seen) => step.next(want, hostLeft(want, seen)),
  }))
}

function hostLeft({ cluster, leaves }: Wanted, seen: Seen): Seen {
  if (leaves === undefined) return { hosts: new Map() }
  const on = reached(seen, leaves.name)
  if (on === undefined || !hasLeft(leaves.id, seen)) return { hosts: new Map() }
  const isAnothers = whyLeftAlone(cluster, leaves.name, on, seen, leaves.id).length > 0
  return { hosts: new Map(isAnothers ? [] : [[leaves.name, on]]) }
}

/** A host may have been given another purpose since, also that of another member. */
export function whyLeftAlone(
  cluster: Cluster,
  name: NodeName,
  on: ReachedHost,
  seen: Seen,
  own: string,
): DeployError[] {
  const traces = othersTraces(cluster, name, on)
  if (traces.length > 0) return traces
  const env = envValues(on.files.get(layoutOf(cluster).env)?.text ?? '')
  const found = on.process?.environment['ETCD_NAME'] ?? env['ETCD_NAME'] ?? name
  const id = on.etcd?.status?.memberId
  const isOther = id !== undefined && id !== own && memberList(seen)?.some((member) => member.id === id) === true
  if (found === name && !isOther) return []
  return [
    new DeployError({
      message: `another member of this cluster is there: ${found}`,
      host: name,
      tried: 'read what its service runs with',
      next: 'it is left alone',
      exitCode: exitCode.refused,
    }),
  ]
}
