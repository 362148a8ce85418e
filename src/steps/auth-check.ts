import { DeployError } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { reachedHosts, type Seen } from './seen.ts'

/**
 * With etcd's auth on, every request needs a user. Ours is the CN of the client certificate, root, which only mutual TLS has: elsewhere
 * no member can be seen healthy again, so nothing may be restarted. Such a member answers and has no alarm (from 3.5.30 and 3.6.11 on it
 * does not even tell its status), but grants no read at all.
 */
export function authProblems(cluster: Cluster, seen: Seen): Problem[] {
  if (cluster.tls.mode === 'mutual') return []
  const refusing = reachedHosts(seen).find(([, { etcd }]) => {
    return etcd?.refusesReads === true && (etcd.status?.errors ?? []).length === 0
  })
  if (refusing === undefined) return []
  const [host, { etcd }] = refusing
  return [
    {
      error: new DeployError({
        message: `etcd's auth is on, and etcd-deploy has no client certificate to be its user root with (tls.mode is ${cluster.tls.mode})`,
        host,
        tried: 'read a key through the member, with and without quorum',
        answered: etcd?.trouble ?? '',
        next: [
          "only tls: { mode: 'mutual' } gives the client certificate with which this tool works while auth is on",
          'or switch auth off for the time of the change: etcdctl --user root auth disable',
        ],
      }),
    },
  ]
}
