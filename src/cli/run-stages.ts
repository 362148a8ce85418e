import { pkiPassphrase } from './pki-passphrase.ts'
import type { Intent } from '../engine/intent.ts'
import { readOperation } from '../engine/operation.ts'
import type { Stage } from '../engine/playbook.ts'
import { converge } from '../engine/run.ts'
import type { Outcome } from '../engine/run-context.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import type { Seen } from '../steps/seen.ts'
import type { StageTarget } from '../steps/stage-target.ts'
import { EtcdSubject, type SubjectOptions } from '../steps/subject.ts'
import { recordPath } from '../steps/unfinished.ts'
import type { Wanted } from '../steps/wanted.ts'
import type { ChangeOptions } from './options.ts'
import type { Session } from './session.ts'

/** How a command runs its playbook, where that is not as `up` does. */
export interface Running extends Pick<
  SubjectOptions,
  | 'renewal'
  | 'rotation'
  | 'enablesTls'
  | 'moves'
  | 'recovers'
  | 'joins'
  | 'leaves'
  | 'only'
  | 'withoutUnreachable'
  | 'operation'
> {
  may?: SubjectOptions['may']
  intent?: Intent
  pauses?: 'next' | 'all'
}

/** Runs the stages of a playbook on the session's cluster. */
export async function runStages(
  session: Session,
  stages: readonly Stage<Wanted, Seen, StageTarget>[],
  options: ChangeOptions,
  { may, intent, pauses, ...running }: Running = {},
): Promise<Outcome<Seen>> {
  const { cluster, emit, signal } = session
  const recorded = await readOperation(recordPath(cluster))
  const subject = new EtcdSubject({
    cluster,
    emit,
    signal,
    may: may ?? (session.on === undefined ? 'form' : 'change'),
    recorded,
    passphrase: pkiPassphrase(session),
    ...(intent === undefined ? {} : { operation: intent.operation.name }),
    ...running,
  })
  await subject.open()
  const { on, ...context } = session
  return converge(stages, subject, {
    ...context,
    concurrency: cluster.concurrency,
    timeoutMs: commandTimeout(cluster),
    allowDowntime: options.allowDowntime === true,
    ...(on === undefined ? {} : { on }),
    ...(intent === undefined ? {} : { intent }),
    ...(pauses === undefined ? {} : { pauses }),
  })
}
