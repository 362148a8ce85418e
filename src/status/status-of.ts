import { failuresSurvived, quorumOf, type Voter } from '../cluster/quorum.ts'
import { hasMemberData } from '../steps/formation.ts'
import { reachedHosts } from '../steps/seen.ts'
import { unfinishedOperation } from '../steps/unfinished.ts'
import { alarmStatus } from './alarms.ts'
import { certificates, certificatesDue, servedElsewhere } from './certificates.ts'
import { exitCodeFor } from './exit-code.ts'
import { judge, votes, type Judged } from './health.ts'
import { brokenLinks, links } from './links.ts'
import { memberReadings, type MemberReading } from './member-reading.ts'
import type { ClusterStatus, DriftStatus, MemberStatus, OperationStatus, QuorumStatus } from './model.ts'
import { database, leaderIndex, raft, upSeconds } from './numbers.ts'
import type { StatusReading } from './reading.ts'

/** Readings to status. Pure. */
export function statusOf(reading: StatusReading): ClusterStatus {
  const { cluster, seen, now } = reading
  const readings = memberReadings(reading)
  const judged = readings.map((member) => ({ member, verdict: judge(member) }))
  const whole = {
    index: leaderIndex(readings),
    term: highest(readings.map(({ status }) => status?.raftTerm)),
    revision: highest(readings.map(({ status }) => status?.revision)),
  }
  const members = judged.map(({ member, verdict }) => memberStatus(reading, readings, { member, verdict, ...whole }))
  const warnings = [...reading.warnings, ...servedElsewhere(reading)]
  const status = {
    v: 1 as const,
    type: 'status' as const,
    cluster: cluster.name,
    time: now.toISOString(),
    clusterId: readings.map((member) => member.status?.clusterId).find((id) => id !== undefined) ?? null,
    deployed: reachedHosts(seen).some(
      ([, on]) => on.formed !== undefined || on.unit.loaded || hasMemberData(cluster, on),
    ),
    quorum: quorumStatus(judged),
    raftTerm: numberOrNull(whole.term),
    revision: numberOrNull(whole.revision),
    members,
    brokenLinks: brokenLinks(members),
    operation: operationStatus(reading),
    drift: driftStatus(reading),
    certificatesDue: certificatesDue(reading),
    warnings: warnings.map(({ host, message, next }) => ({ host: host ?? null, message, next })),
  }
  return { ...status, exitCode: exitCodeFor(status) }
}

interface Whole {
  index: bigint | undefined
  term: bigint | undefined
  revision: bigint | undefined
}

function memberStatus(
  reading: StatusReading,
  all: readonly MemberReading[],
  { member, verdict, index, term, revision }: Whole & { member: MemberReading; verdict: Judged },
): MemberStatus {
  const { cluster, now } = reading
  const { name } = member
  const context = { name, revision: numberOrNull(revision) }
  return {
    name,
    id: member.entry?.id ?? member.status?.memberId ?? null,
    inInventory: member.node !== undefined,
    role: roleOf(member, term),
    ...verdict,
    hostReached: member.host !== undefined,
    version: member.status?.version ?? null,
    db: database(member),
    alarms: member.alarms?.map((kind) => alarmStatus(kind, cluster, context)) ?? null,
    raft: raft(member, index),
    ...links(member, all),
    upSeconds: upSeconds(member, now),
    certificates: certificates(reading, name),
  }
}

function roleOf({ status, entry, host }: MemberReading, term: bigint | undefined): MemberStatus['role'] {
  if (status !== undefined && status.leader === status.memberId && status.raftTerm === term) return 'leader'
  if (status?.isLearner === true || entry?.isLearner === true) return 'learner'
  return status === undefined && entry === undefined && host?.process === undefined ? null : 'voter'
}

/** Voters as etcd lists them; where nobody can tell, the inventory's. */
function quorumStatus(judged: readonly { member: MemberReading; verdict: Judged }[]): QuorumStatus {
  const voters = judged
    .filter(({ member }) => (member.listKnown ? member.entry?.isLearner === false : member.node !== undefined))
    .map(({ member, verdict }): Voter => ({ name: member.name, health: votes(verdict) ? 'healthy' : 'unknown' }))
  return {
    voters: voters.length,
    healthy: voters.filter(({ health }) => health === 'healthy').length,
    needed: quorumOf(voters.length),
    survives: failuresSurvived(voters),
  }
}

function operationStatus({ seen, operation: local, stands }: StatusReading): OperationStatus | null {
  const operation = unfinishedOperation(seen, local)
  if (operation === undefined) return null
  const { name, finish, since, controller } = operation
  const holders = reachedHosts(seen).filter(([, on]) => on.operation !== undefined)
  const seenOn = [...(local === undefined ? [] : ['this machine']), ...holders.map(([host]) => host)]
  return { name, finish, since, controller, seenOn, stands: stands ?? null }
}

function driftStatus({ drift }: StatusReading): DriftStatus {
  if (drift.kind === 'not-seen') return { notSeen: drift.why, changes: [], refused: [] }
  return {
    notSeen: null,
    changes: drift.changes.map(({ host, what, why, takesDown }) => ({
      host,
      what,
      why,
      restarts: takesDown !== undefined,
    })),
    refused: drift.refused.map(({ host, message, next }) => ({ host: host ?? null, message, next })),
  }
}

function highest(values: (bigint | undefined)[]): bigint | undefined {
  return values.reduce(
    (most, value) => (value !== undefined && (most === undefined || value > most) ? value : most),
    undefined,
  )
}

function numberOrNull(value: bigint | undefined): number | null {
  return value === undefined ? null : Number(value)
}
