import type { Operation } from '../engine/operation.ts'
import { peerUrl } from '../etcd/urls.ts'
import type { Cluster, Node, NodeName } from '../inventory/model.ts'
import type { Playbook } from '../playbook.ts'
import { memberList } from '../steps/members.ts'
import type { Seen } from '../steps/seen.ts'
import type { ChangeOptions } from './options.ts'
import { runStages } from './run-stages.ts'
import type { Session } from './session.ts'
import { asOperation } from './staged-operation.ts'

/** Runs a playbook in which one node joins; others that are not members yet stand aside, as etcd takes in one at a time. */
export async function joinWith(
  session: Session,
  options: ChangeOptions,
  playbook: Playbook,
  { name, seen, operation }: { name: NodeName; seen: Seen; operation: Operation },
): Promise<void> {
  const among = amongMembers(session, name, seen)
  await runStages(among, playbook.stages, options, {
    may: 'change',
    joins: name,
    ...asOperation(among, operation, {}),
  })
}

/** The session with members and this one alone. */
export function amongMembers(session: Session, name: NodeName, seen: Seen): Session {
  const nodes = session.cluster.nodes.filter((node) => node.name === name || isMember(session.cluster, node, seen))
  const names = [name, ...nodes.map((node) => node.name)]
  const connections = new Map([...session.connections].filter(([host]) => names.includes(host)))
  return { ...session, cluster: { ...session.cluster, nodes }, connections }
}

function isMember(cluster: Cluster, node: Node, seen: Seen): boolean {
  const url = peerUrl(cluster, node)
  return memberList(seen)?.some((member) => member.name === node.name || member.peerUrls.includes(url)) !== false
}
