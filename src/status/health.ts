import { DeployError } from '../errors.ts'
import type { MemberReading } from './member-reading.ts'
import type { Health } from './model.ts'

export interface Judged {
  health: Health
  trouble: string | null
  next: readonly string[]
}

/** Whether a member serves, and if not, why; what to do where its host could not be read. */
export function judge(member: MemberReading): Judged {
  const { hostError } = member
  return { ...verdict(member), next: hostError instanceof DeployError ? hostError.next : [] }
}

function verdict(member: MemberReading): Verdict {
  const alarm = member.alarms?.[0]
  if (serves(member)) {
    if (alarm !== undefined) return { health: 'alarm', trouble: `alarm ${alarm}` }
    if (member.host !== undefined) return { health: 'healthy', trouble: null }
    const why = member.node === undefined ? 'it is not in the inventory' : hostTrouble(member)
    return { health: 'healthy', trouble: `${why}; its client port answers ${member.elsewhere?.through ?? ''}` }
  }
  if (member.listKnown && member.entry === undefined)
    return { health: 'absent', trouble: 'it is not a member of the cluster' }
  if (member.host === undefined) return { health: 'unreachable', trouble: hostTrouble(member) }
  return judgeHost(member.host, member)
}

type Verdict = Omit<Judged, 'next'>

/** Takes part in consensus: counts for quorum. */
export function votes({ health }: Pick<Judged, 'health'>): boolean {
  return health === 'healthy' || health === 'alarm'
}

function serves({ host, elsewhere, status, clusterAlarmed, entry }: MemberReading): boolean {
  if (host?.etcd?.healthy === true || elsewhere?.healthy === true) return true
  // A learner refuses the read by which health is known, and an alarm fails `endpoint health` everywhere: then a leader counts.
  const isLearner = status?.isLearner === true || entry?.isLearner === true
  return (clusterAlarmed || isLearner) && status?.leader !== undefined
}

function judgeHost({ unit, process, etcd }: NonNullable<MemberReading['host']>, { status }: MemberReading): Verdict {
  const again = unit.restarts > 0 ? `, started again ${unit.restarts} times` : ''
  if (!unit.loaded) return { health: 'stopped', trouble: 'etcd is not set up on this host' }
  if (unit.active === 'activating' && unit.sub === 'auto-restart')
    return { health: 'stopped', trouble: `it ends soon after its start (${unit.result})${again}` }
  if (unit.active === 'activating') return { health: 'starting', trouble: 'it waits for its peers' }
  if (process === undefined) {
    const result = unit.result === '' || unit.result === 'success' ? '' : `: ${unit.result}`
    const next = unit.active === 'failed' ? '' : '; etcd-deploy start starts it'
    return {
      health: 'stopped',
      trouble: `${unit.active === 'failed' ? 'it has failed' : 'it does not run'}${result}${again}${next}`,
    }
  }
  if (status !== undefined && status.leader === undefined)
    return { health: 'unhealthy', trouble: 'it knows no leader: it has lost its peers' }
  return { health: 'unhealthy', trouble: etcd === undefined ? 'it could not be asked' : said(etcd.trouble) }
}

function hostTrouble({ node, hostError }: MemberReading): string {
  if (node === undefined) return 'it is not in the inventory, and its client port does not answer'
  return hostError instanceof DeployError ? hostError.message : `the host cannot be read: ${hostError?.message ?? ''}`
}

/** The one line of etcdctl's answer that a person wants to see. */
function said(trouble: string): string {
  const lines = trouble.split('\n').filter((line) => line.trim() !== '')
  const verdict = lines.map((line) => /is unhealthy: (.*)$/.exec(line)?.[1]).find((text) => text !== undefined)
  return verdict ?? lines.at(-1)?.replace(/^Error: +/, '') ?? 'it does not answer'
}
