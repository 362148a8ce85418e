import { DeployError, exitCode } from '../errors.ts'
import type { RevocationReason } from './crl.ts'
import type { LeafKind } from './leaf.ts'

/** What `cluster.json` of the newest revision says; all else in `pki/` is reached from it. Pure. */
export interface State {
  version: 1
  cluster: string
  /** Grows by one with every change: hosts remember it, so that an older copy of `pki/` is known as one. */
  revision: number
  /** Generations: the one that issues, and in a CA rotation the one to come. */
  ca: { current: number; next?: number }
  /** Every CA there was, with the revision whose folder holds it. */
  authorities: { generation: number; revision: number }[]
  /** Every leaf that was issued, in this order. */
  leaves: IssuedLeaf[]
  revoked: { serial: string; revokedAt: string; reason: RevocationReason }[]
  /** The revision whose folder holds the revocation list. */
  crl: number
  formed?: Formed
  closed: (Formed & { closedAt: string })[]
}

export interface IssuedLeaf {
  name: string
  kind: LeafKind
  /** Generation of its CA. */
  ca: number
  revision: number
  serial: string
}

/** A bootstrap that came to its end: etcd's cluster id in hex, its token, the time (RFC 3339). */
export interface Formed {
  clusterId: string
  token: string
  formedAt: string
}

export function firstState(cluster: string): State {
  return {
    version: 1,
    cluster,
    revision: 1,
    ca: { current: 1 },
    authorities: [{ generation: 1, revision: 1 }],
    leaves: [],
    revoked: [],
    crl: 1,
    closed: [],
  }
}

/** The newest leaf of each name and kind that one of these CAs signed. */
export function newestLeaves(state: State, generations: number[]): IssuedLeaf[] {
  const newest = new Map<string, IssuedLeaf>()
  for (const leaf of state.leaves) {
    if (generations.includes(leaf.ca)) newest.set(leafKey(leaf), leaf)
  }
  return [...newest.values()]
}

export function leafKey({ ca, kind, name }: Pick<IssuedLeaf, 'ca' | 'kind' | 'name'>): string {
  return `${ca}/${kind}/${name}`
}

/** Undefined: that is remembered already. */
export function withFormed(state: State, formed: Formed): State | undefined {
  if (state.formed?.clusterId === formed.clusterId && state.formed.token === formed.token) return undefined
  if (state.formed) {
    throw new DeployError({
      message: `another cluster of this name was formed on ${state.formed.formedAt} (id ${state.formed.clusterId}), now seen: id ${formed.clusterId}`,
      next: 'If that one is gone for good: etcd-deploy down closes its record.',
      exitCode: exitCode.refused,
    })
  }
  return { ...state, formed }
}

/** Undefined: nothing is open. */
export function withClosed(state: State, closedAt: string): State | undefined {
  const { formed, ...rest } = state
  return formed && { ...rest, closed: [...state.closed, { ...formed, closedAt }] }
}

export function readState(text: string, path: string, cluster: string): State {
  const state = parse(text)
  if (state?.version === 1 && state.cluster === cluster) return state
  const message =
    state?.cluster === undefined
      ? `${path} cannot be read as the state of a cluster`
      : state.cluster === cluster
        ? `${path} was written by a newer etcd-deploy`
        : `${path} is of the cluster "${state.cluster}", not of "${cluster}"`
  throw new DeployError({ message, exitCode: exitCode.refused })
}

function parse(text: string): State | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as State) : undefined
  } catch {
    return undefined
  }
}
