import { DeployError, DeployErrors, exitCode } from '../errors.ts'
import { nextWave } from '../engine/plan.ts'
import type { Change, Stage, Step } from '../engine/playbook.ts'
import type { Seen } from '../steps/seen.ts'
import type { StageTarget } from '../steps/stage-target.ts'
import type { Wanted } from '../steps/wanted.ts'

/** A stage of the user's with steps of which each is `checkedStep`. */
export function checkedStage(stage: Stage<Wanted, Seen, StageTarget>): Stage<Wanted, Seen, StageTarget> {
  const steps = stage.steps.map(checkedStep)
  return {
    ...stage,
    steps,
    reached: (want, seen) => {
      // It asks the steps themselves: what is wrong with them is to be told as theirs.
      nextWave(steps, want, seen)
      return worded(`stage ${stage.name}: reached`, () => stage.reached(want, seen))
    },
  }
}

/** A step of the user's: what its `next` answers is looked at before anything is done with it. */
function checkedStep(step: Step<Wanted, Seen>): Step<Wanted, Seen> {
  return {
    ...step,
    next: (want, seen) => {
      const answered: unknown = worded(`step ${step.name}: next`, () => step.next(want, seen))
      if (!Array.isArray(answered))
        throw wrong(step, `next answers ${kindOf(answered)}, and has to answer a list of changes`)
      const names = want.cluster.nodes.map(({ name }) => name)
      for (const change of answered as unknown[]) {
        const problem = changeProblem(change, names)
        if (problem !== undefined) throw wrong(step, `a change ${problem}`)
      }
      return answered as Change<Seen>[]
    },
  }
}

function worded<T>(what: string, asked: () => T): T {
  try {
    return asked()
  } catch (error) {
    if (error instanceof DeployError || error instanceof DeployErrors) throw error
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    const message = error instanceof Error ? error.message : String(error)
    throw new DeployError({
      message: `${what} throws: ${message}`,
      tried: 'ask the playbook what differs',
      answered: stack.split('\n').slice(0, 4).join('\n'),
      cause: error,
    })
  }
}

/** Undefined: it may be made. */
function changeProblem(change: unknown, hosts: readonly string[]): string | undefined {
  if (typeof change !== 'object' || change === null) return `is ${kindOf(change)}, no record`
  const { host, what, why, script, timeoutMs, predict, takesDown } = change as Record<string, unknown>
  if (typeof host !== 'string' || !hosts.includes(host))
    return `has as host ${shown(host)}; hosts are ${hosts.join(', ')}`
  for (const [key, value] of Object.entries({ what, why }))
    if (typeof value !== 'string' || value === '') return `of ${host} has no ${key}, which people read`
  if (takesDown !== undefined && !hosts.includes(takesDown as string))
    return `of ${host} takes down ${shown(takesDown)}, which is no member`
  if (typeof script !== 'object' || script === null || typeof (script as { text?: unknown }).text !== 'string')
    return `of ${host} has no script with a text`
  if (!isListOfTexts((script as { args?: unknown }).args)) return `of ${host}: args of its script are no list of texts`
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0))
    return `of ${host} has no timeoutMs: a deadline in milliseconds`
  return typeof predict === 'function' ? undefined : `of ${host} has no predict: what is seen once it is made`
}

function isListOfTexts(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
}

function wrong({ name }: Step<Wanted, Seen>, message: string): DeployError {
  const next = 'docs/playbooks.md tells what a step is asked and answers'
  return new DeployError({ message: `step ${name}: ${message}`, next, exitCode: exitCode.usage })
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) return 'a promise'
  return value === null ? 'null' : typeof value
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : kindOf(value)
}
