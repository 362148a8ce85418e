import type { Stage } from './engine/playbook.ts'
import type { StageTarget } from './steps/stage-target.ts'
import type { Seen } from './steps/seen.ts'
import type { Wanted } from './steps/wanted.ts'
import { nextWave } from './engine/plan.ts'
import type { Step } from './engine/playbook.ts'

/** What a command does: its stages, in the order in which a person would tell them. */
export interface Playbook {
  name: string
  stages: readonly Stage<Wanted, Seen, StageTarget>[]
}

/** Gives a playbook its types; changes nothing. */
export function definePlaybook(playbook: Playbook): Playbook {
  return playbook
}

/** A stage that is reached once none of its steps finds a difference. */
export function stage(name: string, steps: readonly Step<Wanted, Seen>[]): Stage<Wanted, Seen, StageTarget> {
  return { name, steps, reached: (want, seen) => nextWave(steps, want, seen).length === 0 }
}
