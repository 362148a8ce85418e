import type { Change, Step } from '../engine/playbook.ts'
import { memberFailure, memberState } from './member-failure.ts'
import { startMember, waitForMember } from './member-scripts.ts'
import { isHealthy, memberArguments } from './members.ts'
import { runsAsWanted } from './running.ts'
import { reachedHosts, withHost, type ReachedHost, type Seen } from './seen.ts'
import type { MemberWanted, Wanted } from './wanted.ts'

/** Starts what does not run, all at once, and waits until each member serves: `Type=notify` is ready with quorum only. */
export const start: Step<Wanted, Seen> = {
  name: 'start',
  alone: true,
  next: (want, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const member = want.members.get(host)
      if (member === undefined || isHealthy(on)) return []
      if (on.process === undefined)
        return [startChange(want, member, startMember, { what: 'start the member', why: reasonOf(on) })]
      // One that runs something else than is wanted is restarted, not waited for.
      if (!runsAsWanted(on.process, member)) return []
      return [
        {
          ...startChange(want, member, waitForMember, {
            what: 'wait for the member',
            why: 'it runs, but does not serve yet',
          }),
          waits: true as const,
        },
      ]
    }),
}

function startChange(
  { cluster }: Wanted,
  member: MemberWanted,
  text: string,
  says: { what: string; why: string },
): Change<Seen> {
  const host = member.node.name
  return {
    host,
    ...says,
    script: { text, args: memberArguments(cluster, member.node) },
    // Twice: the previous files may have to be put back and waited for.
    timeoutMs: 2 * member.node.timeouts.startMs + 60_000,
    stateOf: memberState,
    explain: memberFailure(host, says.what, cluster.service.name, member.node.timeouts.startMs),
    predict: (before) => withHost(before, host, (now) => healthyAfterStart(now, member)),
  }
}

/** What will be seen of a member that came up. */
export function healthyAfterStart(now: ReachedHost, member: MemberWanted): Partial<ReachedHost> {
  const known = now.etcd ?? { status: undefined, members: undefined, clusterId: toBeFormed }
  return {
    unit: { ...now.unit, loaded: true, active: 'active', sub: 'running' },
    process: { executable: '', upS: 0, environment: member.environment },
    etcd: { ...known, healthy: true, trouble: '' },
  }
}

/** Stands for the cluster id in predictions: etcd makes it at bootstrap. */
const toBeFormed = 'known once formed'

function reasonOf({ unit }: ReachedHost): string {
  if (unit.active === 'failed') return unit.result === '' ? 'it failed' : `it failed: ${unit.result}`
  return unit.active === 'activating' ? 'it is being started again and again' : 'it does not run'
}
