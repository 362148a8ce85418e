import { daysLeft } from '../pki/reissue.ts'
import type { LeafKind } from '../pki/leaf.ts'
import type { StoredLeaf } from '../pki/store.ts'

/** Which leaves are issued anew though nothing is wrong with them. */
export interface Renewal {
  kinds: ReadonlySet<LeafKind>
  /** Members whose leaves are meant; absent: all. Clients' leaves are the same on all hosts. */
  nodes?: ReadonlySet<string>
  /** Only those that end within so many days. */
  withinDays?: number
}

/** `before`: serials that were there when the run began, so that each is replaced once. */
export function asksFor(renewal: Renewal, leaf: StoredLeaf, before: ReadonlySet<string>): boolean {
  const { kinds, nodes, withinDays } = renewal
  if (!kinds.has(leaf.kind) || !before.has(leaf.serial)) return false
  if (nodes !== undefined && (leaf.kind === 'client' || !nodes.has(leaf.name))) return false
  return withinDays === undefined || daysLeft(leaf.certificate, new Date()) < withinDays
}
