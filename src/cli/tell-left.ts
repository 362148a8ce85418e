import { byHand, toBeFeared } from '../steps/left-behind.ts'
import { reached, type Seen } from '../steps/seen.ts'
import { setAsideAt } from '../steps/set-aside.ts'
import type { Leaver } from '../steps/wanted.ts'
import type { Session } from './session.ts'

/** What became of the member's host. */
export function tellLeft(
  { cluster, emit }: Pick<Session, 'cluster' | 'emit'>,
  { name, node }: Leaver,
  seen: Seen,
  finish: string,
): void {
  const on = reached(seen, name)
  if (on !== undefined) {
    for (const { folders } of setAsideAt(cluster, { hosts: new Map([[name, on]]) }))
      emit({ type: 'note', message: `${name}: its data was set aside as ${folders.join(' and ')}` })
    return
  }
  const why = node === undefined ? 'nobody knows how to reach its host' : 'its host could not be reached'
  emit({
    type: 'warning',
    host: name,
    message: `it has left the cluster, but ${why}: ${toBeFeared}`,
    next: [
      ...(node === undefined ? [] : [`once it answers: ${finish}`]),
      ...byHand(cluster),
      ...(cluster.tls.mode !== 'off' && cluster.tls.certificates === 'each'
        ? [`if others may get at its keys: etcd-deploy certs revoke ${name}`]
        : []),
    ],
  })
}
