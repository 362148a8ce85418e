import { nextWave } from '../engine/plan.ts'
import type { Stage, Step } from '../engine/playbook.ts'
import { hasLeft } from './leaving.ts'
import type { Seen } from './seen.ts'
import type { StageTarget } from './stage-target.ts'
import type { Wanted } from './wanted.ts'

export interface LeaveStage {
  name: string
  /** What is reached by it. */
  brings: 'out of the cluster' | 'off its host' | 'its name from all'
  steps: readonly Step<Wanted, Seen>[]
}

/** Reached by etcd's own list and by what is on the host. */
export function leaveStages(stages: readonly LeaveStage[]): Stage<Wanted, Seen, StageTarget>[] {
  return stages.map(({ name, steps, brings }) => ({
    name,
    steps,
    reached: (want, seen) => reaches[brings](want, seen, steps),
  }))
}

const reaches: Record<LeaveStage['brings'], (want: Wanted, seen: Seen, steps: LeaveStage['steps']) => boolean> = {
  'out of the cluster': isOut,
  // Also where it can't be reached: that is for a later run.
  'off its host': (want, seen, steps) =>
    isOut(want, seen) && seen.hosts.has(want.leaves?.name ?? '') && nextWave(steps, want, seen).length === 0,
  'its name from all': () => false,
}

function isOut({ leaves }: Wanted, seen: Seen): boolean {
  return leaves !== undefined && hasLeft(leaves.id, seen)
}
