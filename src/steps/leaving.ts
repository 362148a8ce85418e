import type { Stage, Step } from '../engine/playbook.ts'
import { memberAccess, useMember } from './etcdctl-shell.ts'
import { isHealthy, memberList, transfereeFor, withMembers } from './members.ts'
import { reachedHosts, type Seen } from './seen.ts'
import type { StageTarget } from './stage-target.ts'
import type { Wanted } from './wanted.ts'

/** A member leaves, and a new one comes in its place: what is seen of the former says nothing of how far the new one is. */
export function replaced(
  id: string,
  joining: readonly Stage<Wanted, Seen, StageTarget>[],
): Stage<Wanted, Seen, StageTarget>[] {
  const left = removeMember(id)
  return [
    left,
    ...joining.map((stage) => ({
      ...stage,
      reached: (want: Wanted, seen: Seen) => left.reached(want, seen) && stage.reached(want, seen),
    })),
  ]
}

/** One member, by its id, as a name may come back. Reached once etcd does not have it any more. */
function removeMember(id: string): Stage<Wanted, Seen, StageTarget> {
  return {
    name: 'the former member has left the cluster',
    steps: [leave(id)],
    reached: (_, seen) => hasLeft(id, seen),
  }
}

/** As others than itself tell. */
export function hasLeft(id: string, seen: Seen): boolean {
  const others = [...seen.hosts].filter(([, on]) => on.kind !== 'reached' || on.etcd?.status?.memberId !== id)
  return memberList({ hosts: new Map(others) })?.every((member) => member.id !== id) === true
}

/** The member that leaves for good. */
export const leaveCluster: Step<Wanted, Seen> = {
  name: 'leave',
  alone: true,
  next: (want, seen) => (want.leaves === undefined ? [] : leave(want.leaves.id).next(want, seen)),
}

/** Through another member; leadership is handed over first. */
function leave(id: string): Step<Wanted, Seen> {
  return {
    name: 'remove',
    alone: true,
    next: ({ cluster }, seen) => {
      const member = memberList(seen)?.find((each) => each.id === id)
      const others = reachedHosts(seen).filter(([, on]) => isHealthy(on) && on.etcd?.status?.memberId !== id)
      const teller = cluster.nodes.find(({ name }) => others.some(([other]) => other === name))
      if (member === undefined || teller === undefined) return []
      const leads = others.some(([, on]) => on.etcd?.status?.leader === id)
      const transferee = leads ? (transfereeFor(seen, member.name) ?? '') : ''
      return [
        {
          host: teller.name,
          what: `remove ${member.name || id} from the cluster`,
          why: `member ${id} is to go`,
          script: {
            text: remove,
            args: [id, transferee, member.clientUrls.join(','), ...memberAccess(cluster, teller)],
          },
          timeoutMs: 180_000,
          predict: (before: Seen) => withMembers(before, (members) => members.filter((each) => each.id !== id)),
        },
      ]
    },
  }
}

/**
 * move-leader is for the leader's ears only. Patient: etcd refuses while a member has been away in the last 5 s. An
 * answer that got lost is found out from the list. The same URL can be added again a second later.
 */
const remove = `
member=$1 transferee=$2 leader_urls=$3; shift 3
${useMember}
point_to_member
if [ "$transferee" ]; then
  ETCDCTL_ENDPOINTS=$leader_urls timeout -k 1 10 "$etcdctl" move-leader "$transferee" >/dev/null 2>&1 || :
fi
nl='
'
is_gone() { list=$nl$(etcdctl_soon member list 2>/dev/null) && case $list in *"$nl$member, "*) false ;; esac; }
tries=10
until said=$(timeout -k 1 10 "$etcdctl" member remove "$member" 2>&1) || is_gone; do
  tries=$((tries - 1)); [ "$tries" -gt 0 ] || { echo "$said" >&2; exit 1; }
  sleep 1.5
done
sleep 1.5
# An election may be under way: whoever looks next shall be told who is in the cluster.
tries=10
until etcdctl_soon member list >/dev/null 2>&1 || [ "$tries" -eq 0 ]; do tries=$((tries - 1)); sleep 0.5; done
`
