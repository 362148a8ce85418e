import type { Cluster } from '../inventory/model.ts'
import type { CrlTimes } from './store.ts'

/** A revocation list is good for as long as a leaf: whatever renews leaves renews it. */
export function crlTimes({ tls }: Pick<Cluster, 'tls'>, now: Date): CrlTimes {
  return { thisUpdate: now, nextUpdate: new Date(now.getTime() + tls.leafDays * 86_400_000) }
}
