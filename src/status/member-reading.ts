import type { EndpointStatus, MemberEntry } from '../etcd/etcdctl-output.ts'
import type { MemberMetrics } from '../etcd/metrics.ts'
import { clientUrls, peerUrl } from '../etcd/urls.ts'
import type { Node } from '../inventory/model.ts'
import { memberList } from '../steps/members.ts'
import { reached, type ReachedHost } from '../steps/seen.ts'
import type { StatusReading } from './reading.ts'

/** All that was read of one member, from wherever. */
export interface MemberReading {
  name: string
  node: Node | undefined
  /** In etcd's member list; undefined: it is not there, or nobody could tell the list. */
  entry: MemberEntry | undefined
  listKnown: boolean
  host: ReachedHost | undefined
  hostError: Error | undefined
  status: EndpointStatus | undefined
  metrics: MemberMetrics | undefined
  metricsNotSeen: string
  /** Its host can't be read, but another member could ask it. */
  elsewhere: { healthy: boolean; through: string } | undefined
  /** Alarms of this member; undefined: not told. */
  alarms: ('NOSPACE' | 'CORRUPT' | 'unknown')[] | undefined
  /** An alarm of any member fails `endpoint health` on all of them from 3.5 on. */
  clusterAlarmed: boolean
}

/** The inventory's nodes in their order, then members that it does not have. */
export function memberReadings(reading: StatusReading): MemberReading[] {
  const { cluster, seen } = reading
  const list = memberList(seen)
  const taken = new Set<string>()
  const ofNodes = cluster.nodes.map((node) => {
    const entry = entryOf(cluster, node, reached(seen, node.name), list ?? [])
    if (entry !== undefined) taken.add(entry.id)
    return memberReading(reading, { name: node.name, node, entry, listKnown: list !== undefined })
  })
  const strangers = (list ?? []).filter(({ id }) => !taken.has(id))
  return [
    ...ofNodes,
    ...strangers.map((entry) =>
      memberReading(reading, {
        name: entry.name === '' ? entry.id : entry.name,
        node: undefined,
        entry,
        listKnown: true,
      }),
    ),
  ]
}

/** By the id that its member gives itself, which no renaming changes; else by name or peer URL. */
function entryOf(
  cluster: StatusReading['cluster'],
  node: Node,
  host: ReachedHost | undefined,
  list: readonly MemberEntry[],
): MemberEntry | undefined {
  const own = host?.etcd?.status?.memberId
  const wanted = peerUrl(cluster, node)
  const by = (is: (entry: MemberEntry) => boolean): MemberEntry | undefined => list.find(is)
  return (
    by(({ id }) => id === own) ??
    by(({ name }) => name === node.name) ??
    by(({ peerUrls }) => peerUrls.includes(wanted))
  )
}

/** Client URLs of members whose hosts told nothing: somebody else must ask them. */
export function urlsToAsk(cluster: StatusReading['cluster'], seen: StatusReading['seen']): string[] {
  const list = memberList(seen) ?? []
  const untold = list.filter(({ name }) => reached(seen, name) === undefined)
  return untold.flatMap(({ name, clientUrls: published }) => {
    const node = cluster.nodes.find((each) => each.name === name)
    return published[0] ?? (node === undefined ? undefined : clientUrls(cluster, node)[0]) ?? []
  })
}

function memberReading(
  { seen, wire, asked }: StatusReading,
  member: Pick<MemberReading, 'name' | 'node' | 'entry' | 'listKnown'>,
): MemberReading {
  const found = member.node === undefined ? undefined : seen.hosts.get(member.node.name)
  const host = found?.kind === 'reached' ? found : undefined
  const answer = member.entry?.clientUrls.map((url) => asked?.others.get(url)).find((each) => each !== undefined)
  const status = host?.etcd?.status ?? answer?.status
  const onWire = wire.get(member.name)?.metrics
  const id = member.entry?.id ?? status?.memberId
  return {
    ...member,
    host,
    hostError: found?.kind === 'unreachable' ? found.error : undefined,
    status,
    metrics: onWire?.kind === 'read' ? onWire.metrics : undefined,
    metricsNotSeen: onWire?.kind === 'not-seen' ? onWire.why : '',
    elsewhere:
      host !== undefined || answer === undefined
        ? undefined
        : { healthy: answer.healthy, through: asked?.through ?? '' },
    alarms: asked?.alarms?.filter(({ memberId }) => memberId === id).map(({ kind }) => kind),
    clusterAlarmed: (asked?.alarms?.length ?? 0) > 0,
  }
}
