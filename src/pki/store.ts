import { DeployError } from '../errors.ts'
import { openCaKey } from './ca-key.ts'
import type { CaKeys, Passphrase } from './ca-key.ts'
import type { KeyPair } from './ca.ts'
import { canonicalSerial, matchesKey } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { leavesOf } from './contents.ts'
import type { Changed, Contents, StoredCa, StoredLeaf } from './contents.ts'
import { makeCrl } from './crl.ts'
import { crlFile, leafFiles, loadLeaf, stateFile } from './files.ts'
import { makeLeaf } from './leaf.ts'
import type { Leaf, LeafKind, LeafRequest } from './leaf.ts'
import { begunCa, importedCa } from './next-ca.ts'
import type { NextCa } from './next-ca.ts'
import { publish } from './publish.ts'
import type { Files } from './publish.ts'
import { readCrl } from './read-crl.ts'
import { withRevoked } from './revocations.ts'
import { importedTarget, nextGeneration, withIssuing, withTrusted } from './rotation.ts'
import { leafKey, withClosed, withFormed, withLeft, withoutLeft } from './state.ts'
import type { Formed, IssuedLeaf, Left, Revocation, State } from './state.ts'

export type { StoredCa, StoredLeaf } from './contents.ts'
export type { NextCa } from './next-ca.ts'

/** When a revocation list is made, and by when the next one is due. */
export interface CrlTimes {
  thisUpdate: Date
  nextUpdate: Date
}

/**
 * One cluster's certificates and what must be remembered of it. Reading never waits; what changes it publishes a new revision
 * first. Two processes cannot both publish the same one, so that none needs a lock and none can lose the other's change.
 */
export class PkiStore {
  readonly folder: string
  #contents: Contents
  readonly #passphrase: Passphrase | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(folder: string, contents: Contents, passphrase?: Passphrase) {
    this.folder = folder
    this.#contents = contents
    this.#passphrase = passphrase
  }

  get revision(): number {
    return this.#contents.state.revision
  }

  /** Generation of the CA that issues. */
  get generation(): number {
    return this.#contents.state.ca.issues
  }

  /** Generations that hosts shall trust; in a CA rotation the one to come is the last. */
  get trusted(): readonly number[] {
    return this.#contents.state.ca.trusted
  }

  /** Where a CA rotation leads to, whichever of the two issues now; undefined: none is under way. */
  get next(): number | undefined {
    return nextGeneration(this.#contents.state)
  }

  /** The imported CA that a rotation could lead to. */
  get importedTarget(): number | undefined {
    return importedTarget(this.#contents.state)
  }

  /** Every CA there was, the oldest first. */
  get authorities(): StoredCa[] {
    return [...this.#contents.authorities.values()]
  }

  /** Every leaf that was ever issued, in this order. */
  get issued(): readonly IssuedLeaf[] {
    return this.#contents.state.leaves
  }

  get revoked(): readonly Revocation[] {
    return this.#contents.state.revoked
  }

  /** Undefined: never, or closed since by `down`; then a bootstrap is allowed as far as `pki/` knows. */
  get formed(): Formed | undefined {
    return this.#contents.state.formed
  }

  /** Members that left, and whose hosts are still to be cleared of them. */
  get left(): readonly Left[] {
    return this.#contents.state.left ?? []
  }

  /** Rejects where nothing could be signed: a wrong passphrase, a key that is lost. */
  async proveKey(): Promise<void> {
    await this.#issuer(this.generation)
  }

  ca(generation = this.generation): Certificate {
    return this.#authority(generation).certificate
  }

  /** Whom a host trusts, by the side of the connection; in a CA rotation the present and the next. */
  trust(): { client: Certificate[]; peer: Certificate[] } {
    const certificates = this.trusted.map((generation) => this.ca(generation))
    return { client: certificates, peer: certificates }
  }

  /** The newest leaf that this CA signed; of a CA that is not trusted none. */
  leaf(name: string, kind: LeafKind, ca = this.generation): StoredLeaf | undefined {
    return this.#contents.leaves.get(leafKey({ ca, kind, name }))
  }

  /** Whether this store issued it: a certificate of our CA that it does not know comes from a newer copy of the store. */
  knows(serial: string): boolean {
    return this.#contents.state.leaves.some((leaf) => leaf.serial === canonicalSerial(serial))
  }

  isRevoked(serial: string): boolean {
    return this.revoked.some((each) => each.serial === canonicalSerial(serial))
  }

  /** A leaf of any age, from the disk. */
  async load(leaf: IssuedLeaf): Promise<StoredLeaf> {
    return { ...leaf, ...(await loadLeaf(this.folder, leaf)) }
  }

  /** DER, the same bytes until something is revoked or it is renewed. */
  crl(): Uint8Array {
    return this.#contents.crl
  }

  /** A list without it is due at once. */
  get crlNextUpdate(): Date {
    return readCrl(this.#contents.crl).nextUpdate ?? new Date(0)
  }

  /** All at once, or none; from now on they are the newest, and the leaves before them stay where they are. */
  async issue(
    requests: readonly (LeafRequest & { name: string })[],
    ca = this.generation,
  ): Promise<(StoredLeaf & Leaf)[]> {
    if (!this.trusted.includes(ca)) {
      throw new DeployError({ message: `the CA of generation ${ca} cannot issue: hosts do not trust it` })
    }
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

  /**
   * Begins a CA rotation: the next CA is trusted beside the present one, which goes on issuing. Answers its generation; while one
   * is under way, that of this one.
   */
  async beginCa(request: NextCa): Promise<number> {
    return this.#change((contents) => begunCa(contents, request, this.#keys()))
  }

  /** Leaves come from this CA, which hosts must trust already. */
  async issueFrom(generation: number): Promise<void> {
    await this.#changeState((state) => withIssuing(state, generation))
  }

  /** Hosts shall trust these CAs and no others; the one that issues is among them. */
  async trustOnly(generations: readonly number[]): Promise<void> {
    await this.#changeState((state) => withTrusted(state, generations))
  }

  /** Takes in a CA made elsewhere, as the target of a rotation. Answers its generation. */
  async importCa(ca: KeyPair): Promise<number> {
    return this.#change((contents) => importedCa(contents, ca, this.#keys()))
  }

  /** Publishes a new revocation list; false: all of this was revoked before. */
  async revoke(revocations: readonly Revocation[], times: CrlTimes): Promise<boolean> {
    return this.#change(async (contents) => {
      const state = withRevoked(contents.state, revocations)
      if (state === undefined) return { contents: undefined, files: {}, result: false }
      return { ...(await this.#signedCrl(contents, state, times)), result: true }
    })
  }

  /** The same revocations, good for longer. */
  async renewCrl(times: CrlTimes): Promise<void> {
    await this.#change(async (contents) => ({
      ...(await this.#signedCrl(contents, contents.state, times)),
      result: undefined,
    }))
  }

  async rememberFormed(formed: { clusterId: string; token: string; formedAt: Date }): Promise<void> {
    const { clusterId, token, formedAt } = formed
    await this.#changeState((state) => withFormed(state, { clusterId, token, formedAt: formedAt.toISOString() }))
  }

  async rememberLeft(left: Left): Promise<void> {
    await this.#changeState((state) => withLeft(state, left))
  }

  async forgetLeft(name: string): Promise<void> {
    await this.#changeState((state) => withoutLeft(state, name))
  }

  /** After `down`: the CA stays, and a new bootstrap is allowed. */
  async close(closedAt: Date): Promise<void> {
    await this.#changeState((state) => withClosed(state, closedAt.toISOString()))
  }

  #authority(generation: number): StoredCa {
    const authority = this.#contents.authorities.get(generation)
    if (authority) return authority
    throw new DeployError({ message: `${this.folder} has no CA of generation ${generation}` })
  }

  async #issuer(generation: number): Promise<KeyPair> {
    const { certificate, revision } = this.#authority(generation)
    const key = await openCaKey(this.#keys(), revision)
    if (matchesKey(certificate, key)) return { certificate, key }
    throw new DeployError({
      message: `the key of the CA "${certificate.subject}" in ${this.folder} belongs to another certificate`,
    })
  }

  #keys(): CaKeys {
    const revisions = this.authorities.map(({ revision }) => revision)
    return { folder: this.folder, revisions, passphrase: this.#passphrase }
  }

  /** By the CA that issues; etcd looks at the serials alone. The revision counts the lists. */
  async #signedCrl(contents: Contents, state: State, times: CrlTimes): Promise<Omit<Changed<never>, 'result'>> {
    const number = state.revision + 1
    const revoked = state.revoked.map((each) => ({ ...each, revokedAt: new Date(each.revokedAt) }))
    const crl = await makeCrl(await this.#issuer(state.ca.issues), { ...times, revoked, number })
    return { contents: { ...contents, crl, state: { ...state, crl: number } }, files: { [crlFile]: crl } }
  }

  async #changeState(change: (state: State) => State | undefined): Promise<void> {
    await this.#change(async (contents) => {
      const state = change(contents.state)
      return { contents: state && { ...contents, state }, files: {}, result: undefined }
    })
  }

  /** One after another within this process; `contents` undefined: nothing to write. */
  async #change<T>(change: (contents: Contents) => Promise<Changed<T>>): Promise<T> {
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
    const leaves = await leavesOf(this.folder, state, contents.leaves)
    const published = await publish(this.folder, String(state.revision), { ...files, [stateFile]: stateText(state) })
    if (published === 'published') return { ...contents, state, leaves }
    throw new DeployError({
      message: `another run has changed ${this.folder} since this one read it`,
      next: 'Run the same command again.',
    })
  }
}

export function stateText(state: State): string {
  return `${JSON.stringify(state, undefined, 2)}\n`
}
