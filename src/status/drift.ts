import { DeployError, DeployErrors } from '../errors.ts'
import { allWaves } from '../engine/plan.ts'
import type { Stage } from '../engine/playbook.ts'
import { reachedHosts, type Seen } from '../steps/seen.ts'
import type { StageTarget } from '../steps/stage-target.ts'
import type { EtcdSubject } from '../steps/subject.ts'
import type { Wanted } from '../steps/wanted.ts'

/** What `up` would do to the hosts that could be read. */
export type DriftSeen =
  | { kind: 'seen'; changes: DriftChange[]; refused: DeployError[] }
  | { kind: 'not-seen'; why: string }

export interface DriftChange {
  host: string
  what: string
  why: string
  takesDown?: string
}

export interface DriftContext {
  subject: EtcdSubject
  /** Those of `up`. */
  stages: readonly Stage<Wanted, Seen>[]
  hasPki: boolean
  /** Of the stage at which an operation stands. */
  target?: StageTarget | undefined
}

export async function seeDrift({ subject, stages, hasPki, target }: DriftContext, seen: Seen): Promise<DriftSeen> {
  if (reachedHosts(seen).length === 0) return { kind: 'not-seen', why: 'no host could be read' }
  let want: Wanted | undefined
  try {
    want = await subject.prepare(seen, { purpose: 'plan', ...(target === undefined ? {} : { target }) })
  } catch (error) {
    const problems = problemsOf(error)
    // Without pki/ nobody can say which certificates are wanted.
    if (!hasPki) return { kind: 'not-seen', why: problems[0]?.message ?? '' }
    return { kind: 'seen', changes: [], refused: problems }
  }
  if (want === undefined) return { kind: 'not-seen', why: 'what is wanted could not be worked out' }
  const found = [...subject.check(seen), ...subject.checkWanted(want, seen)]
  const refused = found
    .filter(({ warning, error }) => warning === undefined && isReached(seen, error))
    .map(({ error }) => error)
  if (refused.length > 0) return { kind: 'seen', changes: [], refused }
  const changes = stages.flatMap((stage) => allWaves(stage, want, seen)).flat()
  // Waiting for a member is no difference between what is and what is wanted.
  return { kind: 'seen', refused: [], changes: changes.filter(({ waits }) => waits === undefined).map(told) }
}

function told({ host, what, why, takesDown }: DriftChange): DriftChange {
  return { host, what, why, ...(takesDown === undefined ? {} : { takesDown }) }
}

/** A host that cannot be read is told of elsewhere. */
function isReached(seen: Seen, { host }: DeployError): boolean {
  return host === undefined || seen.hosts.get(host)?.kind !== 'unreachable'
}

function problemsOf(error: unknown): DeployError[] {
  if (error instanceof DeployErrors) return error.problems
  if (error instanceof DeployError) return [error]
  throw error
}
