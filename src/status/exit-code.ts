import type { ClusterStatus } from './model.ts'

/** What is broken now goes before what only differs or is due. */
export function exitCodeFor(status: Omit<ClusterStatus, 'exitCode'>): ClusterStatus['exitCode'] {
  const { members, quorum, brokenLinks, drift, certificatesDue, operation } = status
  const broken =
    quorum.survives < 0 ||
    members.some(({ health, hostReached, inInventory }) => health !== 'healthy' || (inInventory && !hostReached)) ||
    brokenLinks.length > 0
  if (broken) return 1
  const differs = drift.changes.length > 0 || drift.refused.length > 0
  return differs || certificatesDue.length > 0 || operation !== null ? 4 : 0
}
