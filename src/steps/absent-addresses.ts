import { isAddress } from '../inventory/address.ts'
import type { ReachedHost } from './seen.ts'

/** Those that etcd could not bind on the host, as none of its interfaces has them. */
export function absentAddresses(listens: readonly string[], { addresses }: Pick<ReachedHost, 'addresses'>): string[] {
  // A host that has none could not be asked for them.
  if (addresses.length === 0) return []
  const own = new Set([...addresses.map(({ address }) => address), '0.0.0.0', '::', '::1'])
  return [...new Set(listens)].filter((listen) => isAddress(listen) && !own.has(listen) && !listen.startsWith('127.'))
}
