import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextWave } from '../../../src/engine/plan.ts'
import { leaveCluster } from '../../../src/steps/leaving.ts'
import type { Seen } from '../../../src/steps/seen.ts'
import { adds, cases, removes, replaces } from './quorum-cases.ts'
import { formed, mixtures, ofSize, seenIn, type Mixture } from './quorum-states.ts'
import { harmOf, interrupted, voting, walk } from './quorum-walk.ts'
import { wanted } from './wanting.ts'

describe('from any state of 1 to 9 members no wave leaves less than a majority, unless it was refused', () => {
  test.each(Object.entries(cases))('%s', (_, caseOf) => {
    fc.assert(
      fc.property(mixtures, (mixture) => {
        expect(walk(caseOf(mixture))).toBeUndefined()
      }),
      { numRuns: 120 },
    )
  })

  test.each([
    ['member add', adds('3.6.16')],
    ['member replace', replaces],
    ['member remove', removes],
  ])('%s', (_, caseOf) => {
    fc.assert(
      fc.property(mixtures, (mixture) => {
        const found = caseOf(mixture)
        if (found !== 'refused') expect(walk(found)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  test('member add without learners (3.3), but to a single member, which always loses its quorum until the second runs', () => {
    fc.assert(
      fc.property(mixtures, (mixture) => {
        const found = adds('3.3.25')(mixture)
        if (found === 'refused' || voting(found.from).size === 1) return
        expect(walk(found)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  test.each(Object.entries(cases).filter(([name]) => !name.startsWith('stop')))(
    '%s with --allow-downtime takes down no further one than a person may allow',
    (_, caseOf) => {
      fc.assert(
        fc.property(mixtures, (mixture) => {
          expect(walk(caseOf(mixture), true)).toBeUndefined()
        }),
        { numRuns: 40 },
      )
    },
  )
})

describe('the properties are worth something', () => {
  const all = (size: number): Mixture => ({
    members: Array.from({ length: size }, () => 'healthy' as const),
    differ: Array.from({ length: size }, () => true),
    leader: 0,
  })

  test.each(Object.entries(cases).filter(([name]) => !['start', 'rotate-certs'].includes(name)))(
    '%s takes members of a healthy cluster down',
    (_, caseOf) => {
      const { playbook, inventory, from, at } = caseOf(all(3))
      const taken = playbook.stages.flatMap((stage) => {
        const want = wanted(at?.(stage.target) ?? inventory, from, formed)
        return interrupted(nextWave(stage.steps.slice(-1), want, from))
      })
      expect(taken.length).toBeGreaterThan(0)
    },
  )

  test('member remove lets one of three healthy go, and of three with one down only that one', () => {
    const left = (mixture: Mixture): number | undefined => {
      const found = removes(mixture)
      if (found === 'refused') return undefined
      const { playbook, inventory, from, leaves = expect.fail() } = found
      const wave = nextWave(playbook.stages[0]?.steps ?? [], { ...wanted(inventory, from, formed), leaves }, from)
      return voting(wave.reduce((state, change) => change.predict(state), from)).size
    }
    expect(left(all(3))).toBe(2)
    expect(left({ ...all(3), members: ['stopped', 'healthy', 'healthy'] })).toBeUndefined()
    expect(left({ ...all(3), members: ['healthy', 'healthy', 'stopped'] })).toBe(2)
  })

  test('one that leaves where the others are too few is seen', () => {
    const of = ofSize(3)
    const from = seenIn(of, { ...all(3), members: ['healthy', 'stopped', 'healthy'] })
    const want = { ...wanted(of, from, formed), leaves: { name: 'node3', id: 'id-node3' } }
    expect(harmOf(from, nextWave([leaveCluster], want, from))).toMatch(/1 healthy of 2$/)
  })

  test('two at once are seen, and one too many', () => {
    const [of, change] = [
      ofSize(3),
      (host: string) => ({
        host,
        what: 'restart the member',
        why: '',
        script: { text: '' },
        timeoutMs: 1,
        predict: (seen: Seen) => seen,
      }),
    ]
    const healthy = seenIn(of, all(3))
    expect(harmOf(healthy, [change('node1')])).toBeUndefined()
    expect(harmOf(healthy, [change('node1'), change('node2')])).toMatch(/1 healthy of 3 left/)
    const oneDown = seenIn(of, { ...all(3), members: ['healthy', 'healthy', 'stopped'] })
    expect(harmOf(oneDown, [change('node1')])).toMatch(/1 healthy of 3 left/)
    expect(harmOf(oneDown, [change('node3')])).toBeUndefined()
  })
})
