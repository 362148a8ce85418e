import { DeployError, exitCode } from '../errors.ts'
import { formerPeerUrl, peerUrl } from '../etcd/urls.ts'
import type { Cluster, Node, NodeName } from '../inventory/model.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import { pushedVersion } from './binaries.ts'
import { hasMemberData } from './formation.ts'
import { halfJoined } from './half-joined.ts'
import { memberList } from './members.ts'
import { reachedHosts, type Seen } from './seen.ts'
import type { Leaver } from './wanted.ts'

/** Differences that `up` must not make by itself: each has a command of its own, which keeps quorum and data. */
export function membershipProblems(cluster: Cluster, seen: Seen, coming: Coming = {}): DeployError[] {
  const members = memberList(seen) ?? []
  return [
    ...versionProblems(cluster, seen),
    // The dead one goes first: with a member down, etcd refuses every add. Of several that are to go, one after the other does.
    ...(coming.leaves === undefined ? strangers(cluster, members) : []),
    ...memberProblems(cluster, members, coming),
  ]
}

/** Who comes, or goes, in this run. */
interface Coming {
  joins?: NodeName | undefined
  leaves?: Leaver | undefined
}

/** How a member that etcd has differs from its node, however far it has come. */
export function nodeProblems(cluster: Cluster, node: Node, seen: Seen): DeployError[] {
  const member = entryFor(cluster, node, memberList(seen) ?? [])
  return [
    ...versionProblems(cluster, seen).filter(({ host }) => host === node.name),
    ...(member === undefined ? [] : differs(cluster, node, member)),
  ]
}

export function versionProblems(cluster: Cluster, seen: Seen): DeployError[] {
  return reachedHosts(seen).flatMap(([host, on]) => {
    // Without data nothing has ever run there: a bootstrap that was begun may go on with another version.
    const pushed = hasMemberData(cluster, on) ? pushedVersion(cluster, on) : undefined
    const version = on.etcd?.status?.version ?? pushed
    if (version === undefined || version === cluster.version) return []
    return refused(host, `etcd ${version} runs here, the inventory says ${cluster.version}`, [
      'it will be etcd-deploy upgrade, which is not there yet: one minor at a time, one member at a time',
      `until then: version: '${version}' in the inventory`,
    ])
  })
}

function strangers(cluster: Cluster, members: readonly MemberEntry[]): DeployError[] {
  return members
    .filter(({ name }) => !cluster.nodes.some((node) => node.name === name))
    .filter((member) => !cluster.nodes.some((node) => isAt(cluster, node, member)))
    .map((member) => member.name || member.id)
    .flatMap((name) =>
      refused(name, `etcd has a member ${name} that the inventory does not have`, [
        `etcd-deploy member remove ${name}`,
        'if its host is to be cleared too, put it back into the inventory before',
      ]),
    )
}

function memberProblems(cluster: Cluster, members: readonly MemberEntry[], { joins, leaves }: Coming): DeployError[] {
  if (members.length === 0) return []
  return cluster.nodes
    .filter(({ name }) => name !== joins)
    .flatMap((node) => {
      const member = entryFor(cluster, node, members)
      if (member === undefined)
        return refused(node.name, `${node.name} is in the inventory, but not a member of the cluster`, [
          `etcd-deploy member add ${node.name}`,
        ])
      const found = differs(cluster, node, member)
      // Whoever lets another come or go has to do with that one alone.
      const isLeftOver = member.isLearner && joins === undefined && leaves === undefined
      return found.length === 0 && isLeftOver ? [halfJoined(node.name, member)] : found
    })
}

function entryFor(cluster: Cluster, node: Node, members: readonly MemberEntry[]): MemberEntry | undefined {
  const wanted = peerUrl(cluster, node)
  // Of two of a name, which only a hand can make, the last.
  const named = members.findLast(({ name }) => name === node.name)
  return named ?? members.find(({ peerUrls }) => peerUrls.includes(wanted))
}

function differs(cluster: Cluster, node: Node, member: MemberEntry): DeployError[] {
  const wanted = peerUrl(cluster, node)
  const [now] = member.peerUrls
  if (now !== undefined && !isAt(cluster, node, member)) return moved(node, now, wanted)
  if (member.name !== '' && member.name !== node.name)
    return refused(node.name, `etcd knows this member as ${member.name}, the inventory calls it ${node.name}`, [
      `call it ${member.name} in the inventory again`,
    ])
  return []
}

/** While TLS is being enabled some members are known by https and others still by http; one that moves, at its former address. */
function isAt(cluster: Cluster, node: Node, { peerUrls }: MemberEntry): boolean {
  const wanted = peerUrl(cluster, node)
  if (node.formerly !== undefined && peerUrls.includes(formerPeerUrl(cluster, node.formerly))) return true
  if (cluster.tls.plain === undefined) return peerUrls.includes(wanted)
  return peerUrls.some((url) => withoutScheme(url) === withoutScheme(wanted))
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:/, '')
}

function moved(node: Node, now: string, wanted: string): DeployError[] {
  const { name } = node
  const [before, after] = [new URL(now), new URL(wanted)]
  const message = `etcd knows ${name} at ${now}, the inventory says ${wanted}`
  if (before.protocol !== after.protocol) {
    const next =
      after.protocol === 'https:'
        ? 'etcd-deploy tls enable'
        : 'leaving TLS is not supported: it would put data and keys on the wire in the clear'
    return refused(name, message, [next])
  }
  return refused(name, message, [changeIpLine(node, before, after)])
}

/** The inventory is edited already: its own words say the rest. */
function changeIpLine({ name, peer, client }: Node, before: URL, after: URL): string {
  const hasMoved = before.hostname !== after.hostname
  const address = peer.address === client.address ? ` ${peer.address}` : ` --peer ${peer.address}`
  const port = before.port === after.port ? '' : ` --peer-port ${peer.port}`
  return `etcd-deploy change-ip ${name}${hasMoved ? address : ''}${port}`
}

function refused(host: string, message: string, next: string[]): DeployError[] {
  return [
    new DeployError({
      message,
      host,
      tried: "compare etcd's members with the inventory",
      next,
      exitCode: exitCode.refused,
    }),
  ]
}
