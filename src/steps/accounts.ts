import type { Change, Step } from '../engine/playbook.ts'
import { reachedHosts, withHost, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** etcd's own user and group, and the group whose members may use the admin certificate. */
export const accounts: Step<Wanted, Seen> = {
  name: 'accounts',
  next: (want, seen) => reachedHosts(seen).flatMap(([host, on]) => accountChange(want, host, on)),
}

function accountChange(want: Wanted, host: string, { accounts: there }: ReachedHost): Change<Seen>[] {
  const { user, group, adminGroup } = want.cluster.service
  const missing = [
    ...(there.group ? [] : [`group ${group}`]),
    ...(there.user ? [] : [`user ${user}`]),
    ...(there.adminGroup ? [] : [`group ${adminGroup}`]),
  ]
  if (missing.length === 0) return []
  return [
    {
      host,
      what: `make ${missing.join(', ')}`,
      why: `${missing.join(', ')} missing`,
      script: { text: makeAccounts, args: [user, group, adminGroup] },
      timeoutMs: 30_000,
      predict: (before) => withHost(before, host, () => ({ accounts: { user: true, group: true, adminGroup: true } })),
    },
  ]
}

const makeAccounts = `
user=$1 group=$2 admin=$3
getent group "$group" >/dev/null || groupadd --system "$group"
getent group "$admin" >/dev/null || groupadd --system "$admin"
nologin=/usr/sbin/nologin; [ -x "$nologin" ] || nologin=/sbin/nologin
getent passwd "$user" >/dev/null || useradd --system --gid "$group" --home-dir / --no-create-home --shell "$nologin" "$user"
`
