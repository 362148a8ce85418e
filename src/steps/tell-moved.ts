import type { Step } from '../engine/playbook.ts'
import { peerUrl } from '../etcd/urls.ts'
import type { Node } from '../inventory/model.ts'
import { isKnownAtNew, listensAtNew } from './address-change.ts'
import { memberAccess, updatePeerUrl } from './etcdctl-shell.ts'
import { isHealthy, memberList, withPeerUrl } from './members.ts'
import { reached, reachedHosts, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/**
 * Members that have left their former address already, as it is gone from their host or as they listen at the new one: another member,
 * which has quorum, tells etcd where they are. A member that still serves at the former one is not among them: `movePeers` restarts it.
 */
export const tellMoved: Step<Wanted, Seen> = {
  name: 'peer URLs of members that left',
  alone: true,
  next: (want, seen) => {
    const { cluster } = want
    const [teller] = reachedHosts(seen).filter(([, on]) => isHealthy(on))
    const node = cluster.nodes.find(({ name }) => name === teller?.[0])
    if (teller === undefined || node === undefined) return []
    const strays = cluster.nodes.filter((each) => hasLeft(want, seen, each) && !isKnownAtNew(want, seen, each))
    return strays.flatMap((stray) => {
      const member = memberList(seen)?.find(({ name }) => name === stray.name)
      if (member === undefined) return []
      const url = peerUrl(cluster, stray)
      return [
        {
          host: node.name,
          what: `tell etcd that ${stray.name} is at ${url}`,
          why: `etcd knows it at ${member.peerUrls.join(', ')}`,
          script: { text: update, args: [member.id, url, ...memberAccess(cluster, node)] },
          timeoutMs: 60_000,
          predict: (before: Seen) => withPeerUrl(before, member.id, url),
        },
      ]
    })
  },
}

function hasLeft(want: Wanted, seen: Seen, { name, formerly }: Node): boolean {
  const on = reached(seen, name)
  if (formerly === undefined || on === undefined) return false
  return !isHealthy(on) || listensAtNew(want, on.process?.environment, name)
}

const update = `
member=$1 peer_url=$2; shift 2
${updatePeerUrl}
`
