import { DeployError } from '../errors.ts'
import type { Change, Stage, Step } from './playbook.ts'

/** Changes that may be made at once: at most one takes a member down. */
export type Wave<S> = Change<S>[]

/**
 * The next wave of a stage, or none when it is right. Consecutive steps that take nobody down are joined, each planned on what the
 * earlier ones are predicted to leave, so that they become one script per host.
 */
export function nextWave<W, S>(steps: readonly Step<W, S>[], want: W, seen: S): Wave<S> {
  const wave: Wave<S> = []
  let predicted = seen
  for (const step of steps) {
    const changes = step.next(want, predicted)
    if (changes.length === 0) continue
    const down = changes.find((change) => change.takesDown !== undefined)
    if (down !== undefined) return wave.length === 0 ? [down] : wave
    if (step.alone === true && wave.length > 0) return wave
    wave.push(...changes)
    if (step.alone === true) return wave
    predicted = changes.reduce((state, change) => change.predict(state), predicted)
  }
  return wave
}

/** All waves of a stage, walked on predictions: what `plan` prints and the guard's properties check. */
export function allWaves<W, S>(stage: Pick<Stage<W, S>, 'steps' | 'want'>, want: W, seen: S): Wave<S>[] {
  const waves: Wave<S>[] = []
  let predicted = seen
  for (;;) {
    const wanted = stage.want?.(want, predicted) ?? want
    const wave = nextWave(stage.steps, wanted, predicted)
    if (wave.length === 0) return waves
    if (waves.length >= maxWaves)
      throw new DeployError({
        message: `${wave[0]?.what} on ${wave[0]?.host} is planned again and again`,
        next: 'what the change predicts is not what its step finds right',
      })
    waves.push(wave)
    predicted = wave.reduce((state, change) => change.predict(state), predicted)
  }
}

/** `--on`: steps see everything, but only the named hosts may change. */
export function narrow<W, S>(steps: readonly Step<W, S>[], on: ReadonlySet<string> | undefined): readonly Step<W, S>[] {
  if (on === undefined) return steps
  return steps.map((step) => ({
    ...step,
    next: (want: W, seen: S) => step.next(want, seen).filter((change) => on.has(change.host)),
  }))
}

/** The first stage that is still to be reached; the latest reached one wins over earlier ones that no longer look right. */
export function stageAt<W, S>(stages: readonly Stage<W, S>[], want: W, seen: S): number {
  return stages.findLastIndex((stage) => stage.reached(want, seen)) + 1
}

/** More than members of a cluster times steps of a stage: beyond it a prediction does not converge. */
const maxWaves = 200
