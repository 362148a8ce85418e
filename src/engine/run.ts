import { DeployError, exitCode } from '../errors.ts'
import { LockedRun } from './locked-run.ts'
import { takeLocks } from './locks.ts'
import { observe } from './observe.ts'
import { refuse } from './refuse.ts'
import { stageAt } from './plan.ts'
import type { Stage, Subject } from './playbook.ts'
import type { Outcome, RunContext } from './run-context.ts'

/** Observe, plan the next wave, apply, observe again, until every stage is reached. */
export async function converge<W, S, T>(
  stages: readonly Stage<W, S, T>[],
  subject: Subject<W, S, T>,
  context: RunContext,
): Promise<Outcome<S>> {
  const hosts = [...context.connections.keys()]
  const glance = async (): Promise<Outcome<S> | undefined> => {
    const seen = subject.see(await observe({ ...context, looks: subject.looks }, hosts))
    refuse(context, subject.check(seen))
    const want = await subject.prepare(seen, { purpose: 'glance' })
    if (want === undefined) return undefined
    refuse(context, subject.checkWanted(want, seen))
    return stageAt(stages, want, seen) === stages.length && context.intent === undefined ? { seen } : undefined
  }

  const nothingToDo = subject.changesForSure === true ? undefined : await glance()
  if (nothingToDo !== undefined) return nothingToDo
  context.signal.throwIfAborted()
  const locks = await takeLocks(context.connections, context.fence, { ...context, looks: subject.looks }).catch(
    async (error: unknown) => {
      // A host on which no lock can be taken may be none of which a member can be made: that is said better.
      const isHeld = error instanceof DeployError && error.exitCode === exitCode.refused
      if (subject.changesForSure === true && !isHeld && !context.signal.aborted) await glance()
      throw error
    },
  )
  try {
    const locked = { ...context, signal: AbortSignal.any([context.signal, locks.lost]) }
    return await new LockedRun(stages, subject, locked, locks).toTheEnd(hosts)
  } finally {
    await locks.release()
  }
}
