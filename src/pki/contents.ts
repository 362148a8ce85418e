import type { KeyPair } from './ca.ts'
import type { Certificate } from './certificate.ts'
import { loadLeaf } from './files.ts'
import type { Files } from './publish.ts'
import { leafKey, newestLeaves } from './state.ts'
import type { Authority, IssuedLeaf, State } from './state.ts'

/** A leaf of the store. */
export type StoredLeaf = KeyPair & IssuedLeaf

export type StoredCa = Authority & { certificate: Certificate }

/** What a store holds in memory: its newest revision. */
export interface Contents {
  state: State
  /** By generation. */
  authorities: ReadonlyMap<number, StoredCa>
  /** The newest of each name and kind that a trusted CA signed. */
  leaves: ReadonlyMap<string, StoredLeaf>
  crl: Uint8Array
}

/** What a change comes to, before it is published; `contents` undefined: it is so already. */
export interface Changed<T> {
  contents: Contents | undefined
  files: Files
  result: T
}

/** The leaves that this state needs; those at hand are not read again. */
export async function leavesOf(
  folder: string,
  state: State,
  atHand: ReadonlyMap<string, StoredLeaf> = new Map(),
): Promise<ReadonlyMap<string, StoredLeaf>> {
  const leaves = await Promise.all(
    newestLeaves(state, state.ca.trusted).map(async (leaf) => {
      const held = atHand.get(leafKey(leaf))
      return held?.serial === leaf.serial ? held : { ...leaf, ...(await loadLeaf(folder, leaf)) }
    }),
  )
  return new Map(leaves.map((leaf) => [leafKey(leaf), leaf]))
}
