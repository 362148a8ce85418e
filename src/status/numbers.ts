import type { MemberReading } from './member-reading.ts'
import type { MemberStatus } from './model.ts'

/** etcd's own, where none is set. */
const defaultQuotaBytes = 2 * 2 ** 30

export function database({ status, metrics, host }: MemberReading): MemberStatus['db'] {
  if (status === undefined) return null
  return {
    sizeBytes: status.dbSizeBytes,
    inUseBytes: status.dbSizeInUseBytes ?? metrics?.dbSizeInUseBytes ?? null,
    quotaBytes: status.quotaBytes ?? metrics?.quotaBytes ?? quotaOf(host?.process?.environment),
  }
}

export function raft({ status, metrics }: MemberReading, leaderIndex: bigint | undefined): MemberStatus['raft'] {
  if (status === undefined) return null
  const applied = status.raftAppliedIndex ?? metrics?.proposalsApplied
  // Members are read one moment after the other, so that a follower may have been read ahead of its leader.
  const behind = applied === undefined || leaderIndex === undefined ? undefined : Number(leaderIndex - applied)
  return {
    term: Number(status.raftTerm),
    index: Number(status.raftIndex),
    appliedIndex: applied === undefined ? null : Number(applied),
    lag: behind === undefined ? null : Math.max(0, behind),
  }
}

/** How far the leader of the newest term is; a leader that was cut off may still believe in an older one. */
export function leaderIndex(members: readonly MemberReading[]): bigint | undefined {
  const leaders = members.flatMap(({ status }) =>
    status !== undefined && status.leader === status.memberId ? [status] : [],
  )
  return leaders.toSorted((a, b) => Number(b.raftTerm - a.raftTerm))[0]?.raftIndex
}

export function upSeconds({ host, metrics }: MemberReading, now: Date): number | null {
  if (host?.process !== undefined) return Math.max(0, Math.round(host.process.upS))
  if (host !== undefined || metrics?.startedAtMs === undefined) return null
  return Math.max(0, Math.round((now.getTime() - metrics.startedAtMs) / 1000))
}

function quotaOf(environment: Readonly<Record<string, string>> | undefined): number | null {
  if (environment === undefined) return null
  const set = Number(environment['ETCD_QUOTA_BACKEND_BYTES'] ?? 0)
  if (!Number.isFinite(set)) return null
  return set > 0 ? set : set === 0 ? defaultQuotaBytes : null
}
