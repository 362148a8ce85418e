import type { MemberWanted } from './wanted.ts'
import type { ProcessSeen } from './seen.ts'

/** Variables in which what runs differs from what is wanted; initial-* are left out: etcd ignores them once it has data. */
function runningDifferences(running: ProcessSeen, member: MemberWanted): string[] {
  const replaced = running.executable.endsWith(' (deleted)') ? [replacedBinary] : []
  return [...replaced, ...differencesBetween(running.environment, member.environment)]
}

/** Stands among the names of variables: the file that the process was started from is no longer there. */
const replacedBinary = 'binary'

export function differencesBetween(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => !name.startsWith('ETCD_INITIAL_') && a[name] !== b[name]).toSorted()
}

export function runsAsWanted(running: ProcessSeen, member: MemberWanted): boolean {
  return runningDifferences(running, member).length === 0
}

/** For the person who reads why a member restarts: `runs with heartbeat-interval 100, 200 is wanted`. */
export function describeDifferences(running: ProcessSeen, member: MemberWanted): string {
  return runningDifferences(running, member)
    .map((name) => {
      if (name === replacedBinary) return 'it runs a binary that was replaced since'
      if (name === 'DEPLOYED_UNIT') return 'it runs under the former unit'
      if (name === 'DEPLOYED_TRUST') return 'it trusts the former CA bundle'
      const [now, wanted] = [running.environment[name], member.environment[name]]
      if (now === undefined) return `it runs without ${name}=${wanted}`
      return wanted === undefined
        ? `it runs with ${name}=${now}, which is no longer set`
        : `it runs with ${name}=${now}, ${wanted} is wanted`
    })
    .join('; ')
}
