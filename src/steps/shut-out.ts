import { ownClient } from '../inventory/rules.ts'
import type { LeafKind } from '../pki/leaf.ts'
import type { PkiStore } from '../pki/store.ts'

/** A client whose certificate was revoked gets no other unasked: not from `up`, not at a renewal, not from a new CA. */
export function isShutOut(store: PkiStore, { name, kind }: { name: string; kind: LeafKind }): boolean {
  if (kind !== 'client' || name === ownClient) return false
  const last = store.issued.findLast((leaf) => leaf.kind === kind && leaf.name === name)
  return last !== undefined && store.isRevoked(last.serial)
}
