import type { Change, Step } from '../engine/playbook.ts'
import { diffOf, differing, seenOnce, type FileWant } from './file-want.ts'
import { memberFailure, memberState } from './member-failure.ts'
import { restartMember } from './member-scripts.ts'
import { isLeader, memberArguments, transfereeFor, turnOf } from './members.ts'
import { describeDifferences, runsAsWanted } from './running.ts'
import { reachedHosts, withFiles, withHost, type ReachedHost, type Seen } from './seen.ts'
import { healthyAfterStart } from './start.ts'
import { startFiles, type MemberWanted, type Wanted } from './wanted.ts'

/** What a restart replaces, and why a member needs one, where it runs something else than is wanted. */
export const whereItDiffers: Pick<Restart, 'replaces' | 'reasonFor'> = {
  replaces: startFiles,
  reasonFor: (member, on) =>
    on.process === undefined || runsAsWanted(on.process, member) ? undefined : describeDifferences(on.process, member),
}

/** Members that run something else than is wanted, one at a time: unhealthy first, the leader last. */
export const rollingRestart: Step<Wanted, Seen> = restartStep({ name: 'rolling restart', ...whereItDiffers })

/** All members that were started before a moment of the controller's clock, whatever they run. */
export function restartAll(sinceMs: number): Step<Wanted, Seen> {
  return restartStep({
    name: 'restart',
    replaces: () => [],
    reasonFor: (_, on) => {
      if (on.process === undefined) return undefined
      return on.clock.latestMs - on.process.upS * 1000 < sinceMs ? 'a restart was asked for' : undefined
    },
  })
}

export interface Restart {
  name: string
  replaces(member: MemberWanted, on: ReachedHost): FileWant[]
  reasonFor(member: MemberWanted, on: ReachedHost): string | undefined
  /** What is to be done before, in the same command. */
  alter?(change: Change<Seen>, member: MemberWanted, seen: Seen): Change<Seen>
}

export function restartStep(restart: Restart): Step<Wanted, Seen> {
  return {
    name: restart.name,
    next: (want, seen) =>
      reachedHosts(seen)
        .toSorted(([, a], [, b]) => turnOf(a) - turnOf(b))
        .flatMap(([host, on]) => {
          const member = want.members.get(host)
          const why = member === undefined ? undefined : restart.reasonFor(member, on)
          if (member === undefined || why === undefined) return []
          const replaced = differing(on, restart.replaces(member, on))
          const change = restartChange(want, seen, member, on, { why, replaced })
          return [restart.alter?.(change, member, seen) ?? change]
        }),
  }
}

function restartChange(
  { cluster }: Wanted,
  seen: Seen,
  member: MemberWanted,
  on: ReachedHost,
  { why, replaced }: { why: string; replaced: FileWant[] },
): Change<Seen> {
  const host = member.node.name
  const diff = diffOf(on, replaced)
  const transferee = isLeader(on) ? (transfereeFor(seen, host) ?? '') : ''
  return {
    host,
    what: 'restart the member',
    why,
    ...(diff === '' ? {} : { diff }),
    takesDown: host,
    script: {
      text: restartMember,
      args: [transferee, replaced.map((file) => file.path).join(' '), ...memberArguments(cluster, member.node)],
      files: replaced,
    },
    timeoutMs: 2 * member.node.timeouts.startMs + 120_000,
    stateOf: memberState,
    explain: memberFailure(host, 'restart the member', cluster.service.name, member.node.timeouts.startMs),
    predict: (before) =>
      withHost(before, host, (now) => ({
        ...healthyAfterStart(now, member),
        files: withFiles(
          now,
          replaced.map((file) => [file.path, seenOnce(file)]),
        ),
        clock: { ...now.clock, latestMs: Number.MAX_SAFE_INTEGER },
      })),
  }
}
