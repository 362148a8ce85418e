import { stageAt } from '../engine/plan.ts'
import type { Stage } from '../engine/playbook.ts'
import type { Seen } from '../steps/seen.ts'
import type { StageTarget } from '../steps/stage-target.ts'
import type { SubjectOptions } from '../steps/subject.ts'
import type { Wanted } from '../steps/wanted.ts'

/** An operation of several stages, as the command that began it goes through it. */
export interface KnownOperation {
  stages: readonly Stage<Wanted, Seen, StageTarget>[]
  running: Pick<SubjectOptions, 'rotation' | 'enablesTls' | 'moves' | 'recovers' | 'joins' | 'leaves'>
}

export interface Standing {
  /** For people: which stage it is in, or which one it reached, and what is to be done now. */
  text: string
  /** What the hosts are held against meanwhile. */
  target: StageTarget | undefined
}

/** Where an operation stands, read from the hosts. */
export function standingOf({ stages }: KnownOperation, want: Wanted, seen: Seen): Standing {
  const reached = stageAt(stages, want, seen)
  const [before, at] = [stages[reached - 1], stages[reached]]
  const count = `of ${stages.length}`
  if (at === undefined) return { text: 'all stages are reached', target: before?.target }
  const isUnderWay = before === undefined || before.pause === undefined || at.begun?.(want, seen) === true
  if (isUnderWay) return { text: `in stage ${reached + 1} ${count}: ${at.name}`, target: at.target }
  return { text: `stage ${reached} ${count} is reached: ${before.name}; now ${before.pause}`, target: before.target }
}
