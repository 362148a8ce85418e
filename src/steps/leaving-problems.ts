import type { Problem } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { withoutNode } from '../inventory/without-node.ts'
import { whyLeftAlone } from './host-left.ts'
import { refuseToRemove } from './refuse-members.ts'
import { reached, type Seen } from './seen.ts'
import type { Leaver } from './wanted.ts'

/** Asked again before every change: whether the others can do without it may have changed since. Its host refuses nothing. */
export function leavingProblems(cluster: Cluster, leaver: Leaver, seen: Seen): Problem[] {
  const { id, name, node } = leaver
  const nodes = [...withoutNode(cluster, name).nodes, ...(node === undefined ? [] : [node])]
  const on = reached(seen, name)
  return [
    ...refuseToRemove({ ...cluster, nodes }, leaver, seen).map((error) => ({ error })),
    ...(on === undefined ? [] : whyLeftAlone(cluster, name, on, seen, id)).map((error) => ({
      error,
      warning: true as const,
    })),
  ]
}
