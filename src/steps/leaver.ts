import { DeployError, exitCode } from '../errors.ts'
import type { Operation } from '../engine/operation.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import { peerUrl } from '../etcd/urls.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import type { Left } from '../pki/state.ts'
import { memberList } from './members.ts'
import type { Seen } from './seen.ts'
import type { Leaver } from './wanted.ts'

/** Whom the command line means: a node, a member that only etcd has, by name or id, or one whose host is still to be cleared. */
export function leaverNamed(cluster: Cluster, word: string, seen: Seen, left: Left | undefined): Leaver | undefined {
  const members = memberList(seen) ?? []
  const isName = [...cluster.nodes, ...members].some(({ name }) => name === word)
  const byId = isName ? undefined : members.find((each) => isId(each.id, word))
  const named = cluster.nodes.find(({ name }) => name === word)
  const member = byId ?? memberOf(cluster, word, named, members)
  const node = named ?? (member && nodeOf(cluster, member, members))
  if (node !== undefined) return { name: node.name, id: member?.id ?? '', node }
  if (member === undefined) return left && { name: left.node.name, id: left.memberId, node: left.node }
  const isThere = left !== undefined && (left.memberId === member.id || isAt(cluster, left.node, member))
  return { name: member.name || member.id, id: member.id, ...(isThere ? { node: left.node } : {}) }
}

/** Of a record: so that a run can go on once the inventory does not name it any more. */
export function leaverRecorded({ args }: Pick<Operation, 'args'>): Leaver | undefined {
  const { node: name, id, host } = args
  if (typeof name !== 'string' || typeof id !== 'string') return undefined
  return { name, id, ...(typeof host === 'object' && host !== null ? { node: host as Node } : {}) }
}

export function isAbout({ name, id }: Leaver, word: string): boolean {
  return name === word || isId(id, word)
}

/** By name alone only where no other member is where the node shall be: a name may be there twice. */
function nodeOf(cluster: Cluster, member: MemberEntry, members: readonly MemberEntry[]): Node | undefined {
  const { nodes } = cluster
  const namesake = nodes.find(({ name }) => name === member.name)
  const isTaken = namesake !== undefined && members.some((each) => isAt(cluster, namesake, each))
  return nodes.find((node) => isAt(cluster, node, member)) ?? (isTaken ? undefined : namesake)
}

function memberOf(
  cluster: Cluster,
  name: string,
  node: Node | undefined,
  members: readonly MemberEntry[],
): MemberEntry | undefined {
  const there = node && members.find((member) => isAt(cluster, node, member))
  const named = members.filter((member) => member.name === name && name !== '')
  if (there === undefined && named.length > 1) throw ambiguous(name, named)
  return there ?? named[0]
}

/** As etcdctl prints it, with or without zeros in front. */
function isId(id: string, word: string): boolean {
  return id !== '' && word.toLowerCase().replace(/^0+/, '') === id
}

function isAt(cluster: Cluster, node: Node, { peerUrls }: MemberEntry): boolean {
  return peerUrls.includes(peerUrl(cluster, node))
}

function ambiguous(word: string, members: readonly MemberEntry[]): DeployError {
  return new DeployError({
    message: `etcd has ${members.length} members ${word}`,
    answered: members.map(({ id, peerUrls }) => `${id} at ${peerUrls.join(', ')}`).join('\n'),
    next: 'name the one to remove by its id: etcd-deploy member remove ID',
    exitCode: exitCode.usage,
  })
}
