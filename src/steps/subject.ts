import { randomBytes } from 'node:crypto'

import { together } from '../errors.ts'
import type { Emit } from '../engine/events.ts'
import type { Operation } from '../engine/operation.ts'
import type { Change, HostReading, Look, Preparation, Problem, Refusal, Subject } from '../engine/playbook.ts'
import { isAddressTarget, moving } from './address-change.ts'
import { leavingProblems } from './leaving-problems.ts'
import { leftProblems } from './left-behind.ts'
import { notFormed } from './not-formed.ts'
import { guard } from './guard.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import type { Move } from '../inventory/move.ts'
import { withoutNode } from '../inventory/without-node.ts'
import type { Passphrase } from '../pki/ca-key.ts'
import type { Left } from '../pki/state.ts'
import type { PkiStore } from '../pki/store.ts'
import { library } from '../pki/x509.ts'
import { isCaTarget, type CaRotation } from './ca-rotation.ts'
import { ClusterPki } from './cluster-pki.ts'
import { decideFormation } from './formation.ts'
import { bringBinaries, type BroughtBinaries } from './bring-binaries.ts'
import { etcdLook, hostLook, peersLook } from './look.ts'
import { membershipProblems, versionProblems } from './membership.ts'
import { recoveryLook } from './recovery-look.ts'
import { refuseUnfinished, unfinishedOperation } from './unfinished.ts'
import { preflight } from './preflight.ts'
import { readHost } from './read-host.ts'
import type { Renewal } from './renewal.ts'
import { reachedHosts, type Seen } from './seen.ts'
import type { StageTarget } from './stage-target.ts'
import { isTlsTarget, opened } from './tls-opening.ts'
import { refuseOtherPki } from './trust-check.ts'
import { membersWanted } from './work-out.ts'
import { validityProblems } from './validity.ts'
import type { Leaver, Wanted } from './wanted.ts'

export interface SubjectOptions {
  cluster: Cluster
  emit: Emit
  signal: AbortSignal
  /** `form`: bootstrap too. `change`: not, as `--on` narrows the run, or it is about what is there. `restart`: change no file at all. */
  may: 'form' | 'change' | 'restart'
  /** Nobody else is touched: what became of the data of others keeps nobody from it. */
  only?: ReadonlySet<NodeName>
  /** Hosts that can't be reached are told of, and hinder nobody else's change. */
  withoutUnreachable?: true
  /** Opens the CA's key where it is encrypted. */
  passphrase?: Passphrase | undefined
  renewal?: Renewal
  rotation?: CaRotation
  /** This run enables TLS: until a stage says otherwise, http is still spoken. */
  enablesTls?: true
  /** This run moves members. */
  moves?: readonly Move[]
  /** This member joins the cluster: nobody has it in his list yet, or only just. */
  joins?: NodeName
  /** This member leaves the cluster for good: whatever its host is like, it hinders nobody. */
  leaves?: Leaver
  /** They lost each other: no quorum, as the addresses at which they know each other are gone. */
  recovers?: true
  /** The record beside the inventory, if there is one. */
  recorded?: Operation | undefined
  /** The name of the operation that this run is, where it is one with a record. */
  operation?: string
}

/** One etcd cluster, for the engine: what to ask its hosts, what is wanted of them, what may never happen to them. */
export class EtcdSubject implements Subject<Wanted, Seen, StageTarget> {
  readonly #options: SubjectOptions
  readonly #cluster: Cluster
  /** The token of a bootstrap that this run may begin. */
  readonly #freshToken = randomBytes(16).toString('hex')
  readonly #pki: ClusterPki
  #binaries: Promise<BroughtBinaries> | undefined
  #before: Seen | undefined
  #formedSeen = false
  #formedBefore = false
  /** Without `pki/` there are at least certificates to make. */
  changesForSure = false
  #left: readonly Left[] = []
  /** The store as the last preparation left it. */
  #ready: PkiStore | undefined

  constructor(options: SubjectOptions) {
    this.#options = options
    const { cluster, moves, leaves } = options
    const staying = leaves === undefined ? cluster : withoutNode(cluster, leaves.name)
    this.#cluster = moves === undefined ? staying : moving(cluster, moves)
    this.#pki = new ClusterPki({ ...options, cluster: this.#cluster })
  }

  /** Reads what `pki/` remembers, on which the first check depends. */
  async open(): Promise<void> {
    const store = await this.#pki.open()
    this.#formedBefore = store?.formed !== undefined
    this.changesForSure = store === undefined
    // What makes certificates takes its time to load: meanwhile hosts answer.
    if (store === undefined) void library()
    this.#left = store?.left ?? []
  }

  looks = (host: string, when: 'before changes' | 'amid changes' = 'before changes'): Look[] => {
    const { leaves } = this.#options
    const node = leaves?.name === host ? leaves.node : this.#cluster.nodes.find(({ name }) => name === host)
    if (node === undefined) return []
    const looks = [hostLook(this.#cluster, node, this.#before?.hosts.get(host)), etcdLook(this.#cluster, node)]
    if (this.#options.recovers === true) looks.push(recoveryLook(this.#cluster))
    // Members bear a peer port that is cut while they start: they wait.
    const asksPeers = when === 'before changes' && !this.#formedSeen
    return asksPeers ? [...looks, peersLook(this.#cluster, node)] : looks
  }

  see = (readings: ReadonlyMap<string, HostReading>): Seen => {
    const seen = { hosts: new Map([...readings].map(([name, reading]) => [name, readHost(this.#cluster, reading)])) }
    this.#before = seen
    this.#formedSeen ||= reachedHosts(seen).some(([, on]) => on.formed !== undefined || on.process !== undefined)
    return seen
  }

  check = (all: Seen): Problem[] => {
    const { recorded, operation, leaves, may } = this.#options
    const seen = this.#staying(all)
    return [
      ...refuseUnfinished(unfinishedOperation(seen, recorded), operation),
      ...this.#mayBeAbsent(seen, preflight(this.#cluster, seen, this.#formedSeen || this.#formedBefore)),
      ...(leaves === undefined ? [] : leavingProblems(this.#options.cluster, leaves, all)),
      ...(may === 'form' ? leftProblems(this.#cluster, this.#left, seen) : []),
    ]
  }

  checkWanted = (_: Wanted, seen: Seen): Problem[] => validityProblems(this.#cluster, this.#staying(seen), this.#ready)

  guard = (change: Change<Seen>, _: Wanted, seen: Seen): Refusal | undefined => guard(this.#cluster, change, seen)

  prepare = async (all: Seen, { purpose, target }: Preparation<StageTarget>): Promise<Wanted | undefined> => {
    const { joins, leaves } = this.#options
    const seen = this.#staying(all)
    const cluster = this.#clusterAt(target)
    const store = await this.#pki.open()
    const others = refuseOtherPki(cluster, seen, store)
    if (others.length > 0)
      throw together(others, `${others.length} hosts do not fit this inventory; nothing was changed`)
    const judged = onlyOf(seen, this.#options.only)
    const decided = decideFormation(cluster, judged, store?.formed, this.#freshToken, joins)
    if ('refused' in decided)
      throw together(decided.refused, `${decided.refused.length} hosts do not fit this inventory; nothing was changed`)
    const { formation } = decided
    // Before a certificate is issued for a member that etcd does not have, or for an address that it does not know.
    const misfits = (formation.kind === 'formed' ? membershipProblems : versionProblems)(cluster, seen, {
      joins,
      leaves,
    })
    if (misfits.length > 0)
      throw together(misfits, `${misfits.length} members do not fit this inventory; nothing was changed`)
    if (formation.kind === 'bootstrap' && this.#options.may !== 'form') throw notFormed(this.#narrowed())
    if (store !== undefined && isCaTarget(target) && purpose === 'apply') await this.#pki.moveTo(store, target)
    const due = store === undefined ? [] : await this.#pki.due(store, seen, cluster)
    const unremembered = this.#pki.unremembered(store, seen, formation)
    const listIsDue = store !== undefined && this.#pki.listIsDue(store)
    if (purpose === 'glance' && (store === undefined || due.length > 0 || listIsDue || unremembered !== undefined))
      return undefined
    const mayWrite = purpose === 'apply' && this.#options.may !== 'restart'
    // Binaries first: where there are none to be had, no CA is made either.
    const brought = await this.#bring(seen, mayWrite)
    const ready = mayWrite ? await this.#pki.write(store, seen, formation, cluster) : store
    this.#ready = ready
    if (brought === 'not-at-hand' && purpose === 'glance') return undefined
    const ca = this.#pki.caTarget(ready)
    return {
      cluster,
      formation,
      ...(ca === undefined ? {} : { ca }),
      ...(joins === undefined ? {} : { joins }),
      ...(leaves === undefined ? {} : { leaves: { name: leaves.name, id: leaves.id } }),
      ...(this.#options.rotation?.together === true || target === 'find each other' ? { together: true as const } : {}),
      members: membersWanted({
        cluster,
        seen,
        formation,
        store: ready,
        due: mayWrite ? [] : due,
        brought: brought === 'not-at-hand' ? undefined : brought,
      }),
    }
  }

  /** What an `apply` would make in `pki/`, in words. */
  async toBeMade(seen: Seen): Promise<string[]> {
    return this.#pki.toBeMade(await this.#pki.open(), seen)
  }

  #clusterAt(target: StageTarget | undefined): Cluster {
    const { moves, enablesTls } = this.#options
    if (moves !== undefined) return moving(this.#options.cluster, moves, isAddressTarget(target) ? target : undefined)
    if (enablesTls !== true) return this.#cluster
    return opened(this.#cluster, isTlsTarget(target) ? target : 'both for clients')
  }

  /** Of the commands that change files, `up --on` alone. */
  #narrowed(): boolean {
    const { may, renewal, rotation, enablesTls, moves, joins, leaves } = this.#options
    return may === 'change' && [renewal, rotation, enablesTls, moves, joins, leaves].every((each) => each === undefined)
  }

  /** Without the host of the member that leaves, and of nodes that are none yet: what the others are is judged, and worked out, alone. */
  #staying(seen: Seen): Seen {
    if (this.#options.leaves === undefined) return seen
    const names = this.#cluster.nodes.map(({ name }) => name)
    return { hosts: new Map([...seen.hosts].filter(([name]) => names.includes(name))) }
  }

  #mayBeAbsent(seen: Seen, problems: Problem[]): Problem[] {
    if (this.#options.withoutUnreachable !== true || reachedHosts(seen).length === 0) return problems
    return problems.map((problem) => {
      const { host } = problem.error
      const absent = host !== undefined && seen.hosts.get(host)?.kind === 'unreachable'
      return absent ? { ...problem, warning: true as const } : problem
    })
  }

  async #bring(seen: Seen, download: boolean): Promise<BroughtBinaries | 'not-at-hand'> {
    if (this.#binaries !== undefined) return this.#binaries
    const architectures = new Set(reachedHosts(seen).flatMap(([, on]) => on.architecture ?? []))
    const brought = await bringBinaries({ ...this.#options, architectures, download })
    if (brought !== 'not-at-hand') this.#binaries = Promise.resolve(brought)
    return brought
  }
}

function onlyOf(seen: Seen, only: ReadonlySet<NodeName> | undefined): Seen {
  return only === undefined ? seen : { hosts: new Map([...seen.hosts].filter(([name]) => only.has(name))) }
}
