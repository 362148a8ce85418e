import type { Emit } from '../engine/events.ts'
import { task } from '../engine/task.ts'
import type { Cluster } from '../inventory/model.ts'
import { backdated } from '../pki/backdated.ts'
import type { Passphrase } from '../pki/ca-key.ts'
import { crlTimes } from '../pki/crl-times.ts'
import type { Certificate } from '../pki/certificate.ts'
import type { PkiStore } from '../pki/store.ts'
import { slowestClockMs } from './clock-check.ts'
import type { Formation, Remembered } from './formation.ts'
import { leafRequests, unsettledAddresses, type NamedRequest } from './leaf-requests.ts'
import { caTargetOf, moveCa, type CaRotation, type CaTarget } from './ca-rotation.ts'
import { asksFor, type Renewal } from './renewal.ts'
import { reached, reachedHosts, type Seen } from './seen.ts'
import { isShutOut } from './shut-out.ts'

export interface PkiOptions {
  cluster: Cluster
  emit: Emit
  /** Opens the CA's key where it is encrypted. */
  passphrase?: Passphrase | undefined
  renewal?: Renewal
  rotation?: CaRotation
}

/** `pki/` of one cluster: what it lacks of what the inventory and the hosts ask for, and how it gets it. */
export class ClusterPki {
  readonly #options: PkiOptions
  readonly #cluster: Cluster
  #store: Promise<PkiStore | undefined> | undefined
  /** Leaves that were there when the run began. */
  #before: ReadonlySet<string> | undefined
  /** Until when its revocation list was good then. */
  #listBefore: number | undefined

  constructor(options: PkiOptions) {
    this.#options = options
    this.#cluster = options.cluster
  }

  async open(): Promise<PkiStore | undefined> {
    const { openPki } = await import('../pki/open.ts')
    this.#store ??= openPki(this.#cluster.pki.dir, this.#cluster.name, this.#options.passphrase)
    const store = await this.#store
    // Hosts are read meanwhile.
    if (store === undefined) void import('../pki/x509.ts').then(({ library }) => library()).catch(() => {})
    this.#before ??= new Set(store?.issued.map(({ serial }) => serial))
    this.#listBefore ??= store?.crlNextUpdate.getTime()
    return store
  }

  /** Where a CA rotation stands, as `pki/` has it. */
  caTarget(store: PkiStore | undefined): CaTarget | undefined {
    const { rotation } = this.#options
    return rotation === undefined || store === undefined ? undefined : caTargetOf(store, rotation.from)
  }

  /** The intent of a stage, on disk before any host is changed by it. */
  async moveTo(store: PkiStore, target: CaTarget): Promise<void> {
    const { rotation } = this.#options
    if (rotation === undefined || caTargetOf(store, rotation.from) === target) return
    await this.#task(taskNames[target], () => moveCa(store, rotation, target))
  }

  /** Leaves that are missing, have expired, or are not as they are wanted by the inventory, or by the stage at hand. */
  async due(store: PkiStore, seen: Seen, cluster = this.#cluster): Promise<NamedRequest[]> {
    const { reissueReasons } = await import('../pki/reissue.ts')
    const hosts = new Map(reachedHosts(seen))
    const mayName = new Set(unsettledAddresses(cluster, hosts))
    return leafRequests(cluster, hosts).filter((request) => {
      if (isShutOut(store, request)) return false
      const leaf = store.leaf(request.name, request.kind)
      if (leaf === undefined || reissueReasons(leaf, { ...request, ca: store.ca(), mayName }).length > 0) return true
      // An expired CA gives no other: `rotate-certs --ca` does.
      if (hasExpired(leaf.certificate) && !hasExpired(store.ca())) return true
      const { renewal } = this.#options
      return renewal !== undefined && asksFor(renewal, leaf, this.#before ?? new Set())
    })
  }

  /** Whatever renews the leaves of all members renews the revocation list, which lasts as long; once in a run. */
  listIsDue(store: PkiStore): boolean {
    const { renewal } = this.#options
    if (renewal === undefined || renewal.nodes !== undefined || this.#listBefore !== store.crlNextUpdate.getTime())
      return false
    const daysLeft = (store.crlNextUpdate.getTime() - Date.now()) / 86_400_000
    return renewal.withinDays === undefined || daysLeft < renewal.withinDays
  }

  /** In words: what `write` would make. */
  async toBeMade(store: PkiStore | undefined, seen: Seen): Promise<string[]> {
    const due =
      store === undefined ? leafRequests(this.#cluster, new Map(reachedHosts(seen))) : await this.due(store, seen)
    return [...(store === undefined ? [makingCa] : []), ...(due.length === 0 ? [] : [issuing(due)])]
  }

  /** CA, leaves, and that the cluster is formed: on disk before any host is changed by it. */
  async write(
    opened: PkiStore | undefined,
    seen: Seen,
    formation: Formation,
    cluster = this.#cluster,
  ): Promise<PkiStore> {
    const notBefore = backdated(slowestClockMs(seen, Date.now()))
    const store = opened ?? (await this.#task(makingCa, () => this.#create(notBefore)))
    this.#store = Promise.resolve(store)
    const due = await this.due(store, seen, cluster)
    if (due.length > 0)
      await this.#task(issuing(due), () => store.issue(due.map((request) => ({ ...request, notBefore }))))
    if (opened !== undefined && this.listIsDue(store))
      await this.#task('renew the revocation list', () => store.renewCrl(crlTimes(this.#cluster, new Date())))
    const unremembered = this.unremembered(store, seen, formation)
    if (unremembered !== undefined) await store.rememberFormed({ ...unremembered, formedAt: new Date() })
    return store
  }

  /** The cluster that every host knows to be formed, and `pki/` does not: a run may have been killed between the two. */
  unremembered(store: PkiStore | undefined, seen: Seen, formation: Formation): Remembered | undefined {
    if (formation.kind !== 'formed' || formation.clusterId === undefined || store?.formed !== undefined)
      return undefined
    const everyHostKnows = this.#cluster.nodes.every(({ name }) => reached(seen, name)?.formed !== undefined)
    return everyHostKnows ? { clusterId: formation.clusterId, token: formation.token } : undefined
  }

  async #create(notBefore: Date): Promise<PkiStore> {
    const { createPki } = await import('../pki/open.ts')
    const { pki, name, tls } = this.#cluster
    return createPki(pki.dir, name, tls, notBefore, this.#options.passphrase)
  }

  #task<T>(what: string, work: () => Promise<T>): Promise<T> {
    return task(this.#options.emit, { id: `t-${what}`, what }, work)
  }
}

const makingCa = 'make the CA'

function issuing({ length }: readonly NamedRequest[]): string {
  return `issue ${length} certificate${length === 1 ? '' : 's'}`
}

function hasExpired({ notAfter }: Certificate): boolean {
  return notAfter.getTime() <= Date.now()
}

const taskNames: Record<CaTarget, string> = {
  'trust the old': 'go back to the old CA alone',
  'trust both': 'make ready to trust both CAs',
  'issue from the new': 'issue from the new CA from now on',
  'trust the new': 'trust the new CA alone from now on',
}
