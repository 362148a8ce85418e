import type { Emit } from '../engine/events.ts'
import { task } from '../engine/task.ts'
import type { Cluster } from '../inventory/model.ts'
import type { PkiStore } from '../pki/store.ts'
import { slowestClockMs } from './clock-check.ts'
import type { Formation, Remembered } from './formation.ts'
import { leafRequests, type NamedRequest } from './leaf-requests.ts'
import { reached, reachedHosts, type Seen } from './seen.ts'

/** `pki/` of one cluster: what it lacks of what the inventory and the hosts ask for, and how it gets it. */
export class ClusterPki {
  readonly #cluster: Cluster
  readonly #emit: Emit
  #store: Promise<PkiStore | undefined> | undefined

  constructor(cluster: Cluster, emit: Emit) {
    this.#cluster = cluster
    this.#emit = emit
  }

  async open(): Promise<PkiStore | undefined> {
    const { openPki } = await import('../pki/open.ts')
    this.#store ??= openPki(this.#cluster.pki.dir, this.#cluster.name)
    return this.#store
  }

  /** Leaves that are missing, or are not as they are wanted. */
  async due(store: PkiStore, seen: Seen): Promise<NamedRequest[]> {
    const { reissueReasons } = await import('../pki/reissue.ts')
    return leafRequests(this.#cluster, new Map(reachedHosts(seen))).filter((request) => {
      const leaf = store.leaf(request.name, request.kind)
      return leaf === undefined || reissueReasons(leaf, { ...request, ca: store.ca() }).length > 0
    })
  }

  /** CA, leaves, and that the cluster is formed: on disk before any host is changed by it. */
  async write(opened: PkiStore | undefined, seen: Seen, formation: Formation): Promise<PkiStore> {
    // Five minutes before the slowest host's clock, so that nobody meets a certificate from the future.
    const notBefore = new Date(slowestClockMs(seen, Date.now()) - 5 * 60_000)
    const store = opened ?? (await this.#task('make the CA', () => this.#create(notBefore)))
    this.#store = Promise.resolve(store)
    const due = await this.due(store, seen)
    if (due.length > 0) {
      const what = `issue ${due.length} certificate${due.length === 1 ? '' : 's'}`
      await this.#task(what, () => store.issue(due.map((request) => ({ ...request, notBefore }))))
    }
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
    return createPki(this.#cluster.pki.dir, this.#cluster.name, this.#cluster.tls, notBefore)
  }

  #task<T>(what: string, work: () => Promise<T>): Promise<T> {
    return task(this.#emit, { id: `t-${what}`, what }, work)
  }
}
