import type { Stage } from '../engine/playbook.ts'
import { converge, type Outcome } from '../engine/run.ts'
import { readOperation } from '../engine/operation.ts'
import { recordPath } from '../steps/unfinished.ts'
import { EtcdSubject } from '../steps/subject.ts'
import type { Seen } from '../steps/seen.ts'
import type { Wanted } from '../steps/wanted.ts'
import type { ChangeOptions } from './options.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import type { Session } from './session.ts'

/** Runs the stages of a playbook on the session's cluster. */
export async function runStages(
  session: Session,
  stages: readonly Stage<Wanted, Seen>[],
  options: ChangeOptions & { restartsOnly?: true },
): Promise<Outcome<Seen>> {
  const { cluster, emit, signal } = session
  const recorded = await readOperation(recordPath(cluster))
  const subject = new EtcdSubject({ cluster, emit, signal, may: mayDo(session, options), recorded })
  await subject.open()
  const { on, ...context } = session
  return converge(stages, subject, {
    ...context,
    concurrency: cluster.concurrency,
    timeoutMs: commandTimeout(cluster),
    allowDowntime: options.allowDowntime === true,
    ...(on === undefined ? {} : { on }),
  })
}

function mayDo(session: Session, options: { restartsOnly?: true }): 'form' | 'change' | 'restart' {
  if (options.restartsOnly === true) return 'restart'
  return session.on === undefined ? 'form' : 'change'
}
