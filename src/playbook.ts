import type { Problem, Stage, Step } from './engine/playbook.ts'
import { nextWave } from './engine/plan.ts'
import type { Cluster } from './inventory/model.ts'
import type { Seen } from './steps/seen.ts'
import type { StageTarget } from './steps/stage-target.ts'
import type { Wanted } from './steps/wanted.ts'

/** What a command does: its stages, in the order in which a person would tell them. */
export interface Playbook {
  /** What people are told that runs, those too who are kept out by its lock meanwhile. */
  name: string
  /**
   * `cluster` (default): as with `up`, certificates are issued and binaries brought before its first change, so that steps find them in
   * `want.members`. `hosts`: neither, and no cluster need be there; `want.members` is empty.
   */
  about?: 'cluster' | 'hosts'
  /** What keeps it from its work, of all hosts: told together, before anything is changed. See `grave` and `warned`. */
  check?(cluster: Cluster, seen: Seen): Problem[]
  /** At least one. */
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
