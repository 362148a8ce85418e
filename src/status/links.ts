import { atLeast } from '../etcd/versions.ts'
import type { MemberReading } from './member-reading.ts'
import type { BrokenLink, MemberStatus } from './model.ts'

/**
 * The connections that a member has made to its peers: where its dialling fails, the other one may still reach it, and `/health` is green.
 */
export function links(
  member: MemberReading,
  all: readonly MemberReading[],
): Pick<MemberStatus, 'links' | 'linksNotSeen'> {
  const { metrics, status } = member
  if (metrics === undefined) return { links: null, linksNotSeen: member.metricsNotSeen }
  // A member whose every dialling failed has no such line either, so that only its version tells what its absence means.
  if (metrics.activePeers.size === 0 && (status === undefined || !atLeast(status.version, '3.4')))
    return { links: null, linksNotSeen: `etcd ${status?.version ?? ''} has no metric for them` }
  const others = all.filter(({ entry }) => entry !== undefined && entry.id !== member.entry?.id)
  const up = ({ entry }: MemberReading): boolean => (metrics.activePeers.get(entry?.id ?? '') ?? 0) > 0
  return { links: others.map((other) => ({ to: other.name, up: up(other) })), linksNotSeen: null }
}

/** Links that are down between two members that both run: to one that is down there can't be any. */
export function brokenLinks(members: readonly Pick<MemberStatus, 'name' | 'links' | 'health'>[]): BrokenLink[] {
  const running = new Map(members.filter(({ health }) => runs.has(health)).map((member) => [member.name, member]))
  return [...running.values()].flatMap(({ name, links: own }) =>
    (own ?? []).flatMap(({ to, up }) => {
      const other = running.get(to)
      if (up || other === undefined) return []
      return [{ from: name, to, otherWay: other.links?.find((link) => link.to === name)?.up ?? null }]
    }),
  )
}

const runs: ReadonlySet<MemberStatus['health']> = new Set(['healthy', 'alarm', 'unhealthy'])
