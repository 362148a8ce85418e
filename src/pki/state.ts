import { DeployError, exitCode } from '../errors.ts'
import type { Node, NodeName } from '../inventory/model.ts'
import type { LeafKind } from './leaf.ts'
import type { RevocationReason } from './revocation-reasons.ts'

/** What `cluster.json` of the newest revision says; all else in `pki/` is reached from it. Pure. */
export interface State {
  version: 2
  cluster: string
  /** Grows by one with every change: hosts remember it, so that an older copy of `pki/` is known as one. */
  revision: number
  /** Generations: which one issues leaves, and which ones hosts shall trust; in a CA rotation two, the one to come last. */
  ca: { issues: number; trusted: number[] }
  /** Every CA there was, also one that was imported and is not used yet. */
  authorities: Authority[]
  /** Generation of the imported CA that a rotation shall lead to; until it has led there. */
  importedTarget?: number
  /** Every leaf that was issued, in this order. */
  leaves: IssuedLeaf[]
  revoked: Revocation[]
  /** The revision whose folder holds the revocation list. */
  crl: number
  formed?: Formed
  closed: (Formed & { closedAt: string })[]
  /** Absent: none. */
  left?: Left[]
}

/** A member that leaves the cluster, until its host is cleared of it: that may be out of reach for long. */
export interface Left {
  /** As the inventory had it: how its host is reached. */
  node: Node
  memberId: string
  /** RFC 3339. */
  since: string
}

export interface Authority {
  generation: number
  /** Whose folder holds it. */
  revision: number
  /** Made elsewhere: others may have issued from it too. */
  imported?: true
}

export interface Revocation {
  /** Canonical. */
  serial: string
  /** RFC 3339. */
  revokedAt: string
  reason: RevocationReason
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

export function firstState(cluster: string, { imported }: Pick<Authority, 'imported'> = {}): State {
  return {
    version: 2,
    cluster,
    revision: 1,
    ca: { issues: 1, trusted: [1] },
    authorities: [{ generation: 1, revision: 1, ...(imported && { imported }) }],
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

/** Undefined: that is remembered already. */
export function withLeft(state: State, left: Left): State | undefined {
  const { left: before = [] } = state
  const isKnown = before.some(({ node, memberId }) => node.name === left.node.name && memberId === left.memberId)
  if (isKnown) return undefined
  return { ...state, left: [...before.filter(({ node }) => node.name !== left.node.name), left] }
}

/** Undefined: nothing is remembered of it. */
export function withoutLeft(state: State, name: NodeName): State | undefined {
  const { left = [], ...rest } = state
  const others = left.filter(({ node }) => node.name !== name)
  if (others.length === left.length) return undefined
  return others.length === 0 ? rest : { ...rest, left: others }
}

export function readState(text: string, path: string, cluster: string): State {
  const state = parse(text)
  if (state?.version === 2 && state.cluster === cluster) return state
  if (state?.version === 1 && state.cluster === cluster) return fromFirstVersion(state)
  const message =
    state?.cluster === undefined
      ? `${path} cannot be read as the state of a cluster`
      : state.cluster === cluster
        ? `${path} was written by a newer etcd-deploy`
        : `${path} is of the cluster "${state.cluster}", not of "${cluster}"`
  throw new DeployError({ message, exitCode: exitCode.refused })
}

type AnyState = State | (Omit<State, 'version' | 'ca'> & { version: 1; ca: { current: number } })

function fromFirstVersion({ ca, ...state }: Extract<AnyState, { version: 1 }>): State {
  return { ...state, version: 2, ca: { issues: ca.current, trusted: [ca.current] } }
}

function parse(text: string): AnyState | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as AnyState) : undefined
  } catch {
    return undefined
  }
}
