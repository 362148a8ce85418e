import { DeployError, exitCode } from '../errors.ts'
import { layoutOf } from '../etcd/layout.ts'
import { peerUrl } from '../etcd/urls.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { managedBy } from './foreign.ts'
import { hasMemberData } from './formation.ts'
import { isHalfJoined } from './half-joined.ts'
import { entryOf } from './joining.ts'
import { memberList } from './members.ts'
import { nodeProblems } from './membership.ts'
import { refuseToAdd } from './refuse-members.ts'
import { reached, type Seen } from './seen.ts'

/** How far a node is on its way into the cluster, by etcd's own list: a run that died may have left it half way, and its record be lost. */
export function joined(cluster: Cluster, name: NodeName, seen: Seen): 'not' | 'half' | 'wholly' {
  const entry = entryOf({ cluster, joins: name }, seen)
  if (entry === undefined) return 'not'
  return isHalfJoined(entry) ? 'half' : 'wholly'
}

/** Why a node can't become a member, or not yet. */
export function refuseJoiner(cluster: Cluster, name: NodeName, seen: Seen): DeployError[] {
  // Its name or its peer URL is in the list: of this member, or of another one.
  if (joined(cluster, name, seen) !== 'not')
    return cluster.nodes.filter((node) => node.name === name).flatMap((node) => nodeProblems(cluster, node, seen))
  return [
    ...strangersData(cluster, name, seen),
    ...otherLearners(cluster, name, seen),
    ...refuseToAdd(cluster, name, seen),
  ]
}

/** It would be set aside as that of a former self; nothing says that it is. */
function strangersData(cluster: Cluster, name: NodeName, seen: Seen): DeployError[] {
  const on = reached(seen, name)
  if (on === undefined || !hasMemberData(cluster, on)) return []
  const { env, unit } = layoutOf(cluster)
  const isOurs = [env, unit].some((path) => managedBy(on.files.get(path)?.text ?? '') === cluster.name)
  if (isOurs || on.formed !== undefined) return []
  const { data, wal } = cluster.paths
  return [
    new DeployError({
      message: `${data} holds a member, and nothing says that it is of cluster ${cluster.name}`,
      host: name,
      tried: `look for signs of the cluster beside ${data}`,
      next: [
        'another cluster’s: use another host, or other paths in the inventory',
        `what is left of a former member: ${[data, ...(wal === undefined ? [] : [wal])].map((at) => `mv ${at}/member ${at}/member.former`).join('; ')}`,
      ],
      exitCode: exitCode.refused,
    }),
  ]
}

/** etcd takes one at a time; from 3.6 on as many as `max-learners` says. */
function otherLearners(cluster: Cluster, name: NodeName, seen: Seen): DeployError[] {
  const learners = memberList(seen)?.filter(({ isLearner }) => isLearner) ?? []
  if (learners.length < Math.min(...cluster.nodes.map(({ settings }) => Number(settings['max-learners'] ?? 1))))
    return []
  return learners.map((learner) => {
    const node = nodeOf(cluster, learner)
    return new DeployError({
      message: `${name} cannot be added now: ${node ?? (learner.name || learner.id)} is still a learner, and etcd takes one at a time`,
      host: name,
      tried: "read etcd's list of members",
      answered: `member ${learner.id} at ${learner.peerUrls.join(', ')} has no vote yet`,
      next: [
        ...(node === undefined ? [] : [`finish it: etcd-deploy member add ${node}`]),
        `or take it out again: etcd-deploy member remove ${node ?? (learner.name || learner.id)}`,
      ],
      exitCode: exitCode.refused,
    })
  })
}

function nodeOf(cluster: Cluster, { name, peerUrls }: MemberEntry): NodeName | undefined {
  return cluster.nodes.find((node) => node.name === name || peerUrls.includes(peerUrl(cluster, node)))?.name
}
