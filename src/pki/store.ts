import { DeployError } from '../errors.ts'
import type { KeyPair } from './ca.ts'
import { canonicalSerial, matchesKey } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { leafFiles, loadCaKey, stateFile } from './files.ts'
import { makeLeaf } from './leaf.ts'
import type { Leaf, LeafKind, LeafRequest } from './leaf.ts'
import { publish } from './publish.ts'
import type { Files } from './publish.ts'
import { leafKey, withClosed, withFormed } from './state.ts'
import type { Formed, IssuedLeaf, State } from './state.ts'

/** A leaf of the store. */
export type StoredLeaf = KeyPair & IssuedLeaf

/** What the store holds in memory: the newest revision. */
interface Contents {
  state: State
  /** By generation, with the revision whose folder holds it. */
  authorities: Map<number, { certificate: Certificate; revision: number }>
  leaves: Map<string, StoredLeaf>
  crl: Uint8Array
}

/**
 * One cluster's certificates and what must be remembered of it. Reading never waits; what changes it publishes a new revision
 * first. Two processes cannot both publish the same one, so that none needs a lock and none can lose the other's change.
 */
export class PkiStore {
  readonly folder: string
  #contents: Contents
  #queue: Promise<unknown> = Promise.resolve()

  constructor(folder: string, contents: Contents) {
    this.folder = folder
    this.#contents = contents
  }

  get revision(): number {
    return this.#contents.state.revision
  }

  /** Generation of the CA that issues. */
  get generation(): number {
    return this.#contents.state.ca.current
  }

  /** Undefined: never, or closed since by `down`; then a bootstrap is allowed as far as `pki/` knows. */
  get formed(): Formed | undefined {
    return this.#contents.state.formed
  }

  ca(generation = this.generation): Certificate {
    return this.#authority(generation).certificate
  }

  /** Whom a host trusts, by the side of the connection; in a CA rotation the present and the next. */
  trust(): { client: Certificate[]; peer: Certificate[] } {
    const { current, next } = this.#contents.state.ca
    const certificates = [current, ...(next === undefined ? [] : [next])].map((generation) => this.ca(generation))
    return { client: certificates, peer: certificates }
  }

  /** The newest leaf that this CA signed. */
  leaf(name: string, kind: LeafKind, ca = this.generation): StoredLeaf | undefined {
    return this.#contents.leaves.get(leafKey({ ca, kind, name }))
  }

  /** Whether this store issued it: a certificate of our CA that it does not know comes from a newer copy of the store. */
  knows(serial: string): boolean {
    return this.#contents.state.leaves.some((leaf) => leaf.serial === canonicalSerial(serial))
  }

  /** DER, the same bytes until something is revoked or it is renewed. */
  crl(): Uint8Array {
    return this.#contents.crl
  }

  /** All at once, or none; the leaves before them stay where they are. */
  async issue(
    requests: readonly (LeafRequest & { name: string })[],
    ca = this.generation,
  ): Promise<(StoredLeaf & Leaf)[]> {
    const issuer = await this.#issuer(ca)
    const made = await Promise.all(
      requests.map(async (request) => ({ request, leaf: await makeLeaf(issuer, request) })),
    )
    return this.#change(async (contents) => {
      const revision = contents.state.revision + 1
      const leaves = made.map(({ request: { name, kind }, leaf }) => {
        return { ...leaf, name, kind, ca, revision, serial: leaf.certificate.serial }
      })
      const files = Object.fromEntries(leaves.flatMap((leaf) => Object.entries(leafFiles(leaf, leaf))))
      const entries = leaves.map(({ name, kind, serial }) => ({ name, kind, ca, revision, serial }))
      const state = { ...contents.state, leaves: [...contents.state.leaves, ...entries] }
      const newest = new Map([...contents.leaves, ...leaves.map((leaf) => [leafKey(leaf), leaf] as const)])
      return { contents: { ...contents, state, leaves: newest }, files, result: leaves }
    })
  }

  async rememberFormed(formed: { clusterId: string; token: string; formedAt: Date }): Promise<void> {
    const { clusterId, token, formedAt } = formed
    await this.#changeState((state) => withFormed(state, { clusterId, token, formedAt: formedAt.toISOString() }))
  }

  /** After `down`: the CA stays, and a new bootstrap is allowed. */
  async close(closedAt: Date): Promise<void> {
    await this.#changeState((state) => withClosed(state, closedAt.toISOString()))
  }

  #authority(generation: number): { certificate: Certificate; revision: number } {
    const authority = this.#contents.authorities.get(generation)
    if (authority) return authority
    throw new DeployError({ message: `${this.folder} has no CA of generation ${generation}` })
  }

  async #issuer(generation: number): Promise<KeyPair> {
    const { certificate, revision } = this.#authority(generation)
    const key = await loadCaKey(this.folder, revision)
    if (matchesKey(certificate, key)) return { certificate, key }
    throw new DeployError({
      message: `the key of the CA "${certificate.subject}" in ${this.folder} belongs to another certificate`,
    })
  }

  async #changeState(change: (state: State) => State | undefined): Promise<void> {
    await this.#change(async (contents) => {
      const state = change(contents.state)
      return { contents: state && { ...contents, state }, files: {}, result: undefined }
    })
  }

  /** One after another within this process; `contents` undefined: nothing to write. */
  async #change<T>(
    change: (contents: Contents) => Promise<{ contents: Contents | undefined; files: Files; result: T }>,
  ): Promise<T> {
    const turn = this.#queue.then(async () => {
      const { contents, files, result } = await change(this.#contents)
      if (contents) this.#contents = await this.#publish(contents, files)
      return result
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #publish(contents: Contents, files: Files): Promise<Contents> {
    const state = { ...contents.state, revision: this.revision + 1 }
    const published = await publish(this.folder, String(state.revision), { ...files, [stateFile]: stateText(state) })
    if (published === 'published') return { ...contents, state }
    throw new DeployError({
      message: `another run has changed ${this.folder} since this one read it`,
      next: 'Run the same command again.',
    })
  }
}

export function stateText(state: State): string {
  return `${JSON.stringify(state, undefined, 2)}\n`
}
