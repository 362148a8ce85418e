import { describe, expect, test } from 'vitest'

import { allWaves, nextWave, stageAt } from '../../../src/engine/plan.ts'
import type { Change, Stage, Step } from '../../../src/engine/playbook.ts'

/** Which things are right on which host. */
type Things = Record<string, readonly string[]>

function change(host: string, what: string, takesDown?: true): Change<Things> {
  return {
    host,
    what,
    why: 'missing',
    ...(takesDown && { takesDown: host }),
    script: { text: ':' },
    timeoutMs: 1,
    predict: (seen) => ({ ...seen, [host]: [...(seen[host] ?? []), what] }),
  }
}

function step(what: string, options: { takesDown?: true; alone?: true; needs?: string } = {}): Step<null, Things> {
  const { takesDown, alone, needs } = options
  return {
    name: what,
    ...(alone && { alone }),
    next: (_, seen) =>
      Object.entries(seen)
        .filter(([, done]) => !done.includes(what) && (needs === undefined || done.includes(needs)))
        .map(([host]) => change(host, what, takesDown)),
  }
}

const named = (wave: Change<Things>[]): string[] => wave.map(({ host, what }) => `${host} ${what}`)
const nothing: Things = { a: [], b: [] }

describe('the next wave', () => {
  test('joins steps that take nobody down, each planned on what the earlier ones leave', () => {
    const wave = nextWave([step('user'), step('files', { needs: 'user' })], null, nothing)
    expect(named(wave)).toEqual(['a user', 'b user', 'a files', 'b files'])
  })

  test('takes one member down, and nothing beside it', () => {
    const restart = step('restart', { takesDown: true })
    expect(named(nextWave([restart], null, nothing))).toEqual(['a restart'])
    expect(named(nextWave([step('files'), restart], null, nothing))).toEqual(['a files', 'b files'])
  })

  test('keeps a barrier alone, after all that stands before it', () => {
    const steps = [step('files'), step('start', { alone: true }), step('remember')]
    expect(allWaves({ steps }, null, nothing).map(named)).toEqual([
      ['a files', 'b files'],
      ['a start', 'b start'],
      ['a remember', 'b remember'],
    ])
  })

  test('is empty once all is right', () => {
    expect(nextWave([step('files')], null, { a: ['files'] })).toEqual([])
  })
})

describe('all waves', () => {
  test('restart one member after the other', () => {
    const waves = allWaves({ steps: [step('restart', { takesDown: true })] }, null, nothing)
    expect(waves.map(named)).toEqual([['a restart'], ['b restart']])
  })

  test('name a change whose prediction does not make it right', () => {
    const forever: Step<null, Things> = { name: 'x', next: () => [{ ...change('a', 'x'), predict: (seen) => seen }] }
    expect(() => allWaves({ steps: [forever] }, null, nothing)).toThrow('x on a is planned again and again')
  })
})

describe('the stage at which an operation stands', () => {
  const stages = ['trust both', 'new leaves', 'trust the new'].map((name): Stage<null, readonly string[]> => {
    return { name, steps: [], reached: (_, seen) => seen.includes(name) }
  })

  test.for([
    [[], 0],
    [['trust both'], 1],
    [['new leaves'], 2],
    // The end of a rotation no longer trusts both: it must not start over.
    [['trust the new'], 3],
  ] as const)('with %j reached, stage %i is next', ([reached, index]) => {
    expect(stageAt(stages, null, reached)).toBe(index)
  })
})
