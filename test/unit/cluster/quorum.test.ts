import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { failuresSurvived, mayTakeDown, quorumOf, type Voter } from '../../../src/cluster/quorum.ts'

const voters = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 9 })
  .map((healthy) => healthy.map((each, index): Voter => ({ name: `node${index + 1}`, healthy: each })))

describe('the quorum guard', () => {
  test.for([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [7, 4],
    [9, 5],
  ] as const)('a majority of %i voters is %i', ([count, quorum]) => {
    expect(quorumOf(count)).toBe(quorum)
  })

  test('never lets a healthy voter go unless a majority of all voters stays healthy', () => {
    fc.assert(
      fc.property(voters, fc.nat(8), (all, index) => {
        const chosen = all[index % all.length] as Voter
        const verdict = mayTakeDown(chosen.name, all)
        const left = all.filter((voter) => voter.healthy && voter.name !== chosen.name).length
        if (!chosen.healthy) expect(verdict.kind).toBe('already-down')
        else expect(verdict.kind).toBe(left * 2 > all.length ? 'may' : 'refused')
      }),
    )
  })

  test('says that none can be spared only where a cluster in full health could not spare one', () => {
    fc.assert(
      fc.property(voters, fc.nat(8), (all, index) => {
        const verdict = mayTakeDown((all[index % all.length] as Voter).name, all)
        if (verdict.kind === 'refused') expect(verdict.noneToSpare).toBe(all.length <= 2)
      }),
    )
  })

  test('shows the arithmetic', () => {
    const verdict = mayTakeDown('node1', [
      { name: 'node1', healthy: true },
      { name: 'node2', healthy: true },
      { name: 'node3', healthy: false },
    ])
    expect(verdict).toEqual({
      kind: 'refused',
      arithmetic: '3 voters, quorum 2, healthy 2, as node3 is down: without node1 1 would be left',
      noneToSpare: false,
    })
  })

  test('a learner may always go: it has no vote', () => {
    expect(mayTakeDown('learner', [{ name: 'node1', healthy: true }]).kind).toBe('already-down')
  })

  test('survives as many failures as healthy voters exceed the majority', () => {
    const three = (healthy: number): Voter[] =>
      [0, 1, 2].map((index) => ({ name: `n${index}`, healthy: index < healthy }))
    expect([3, 2, 1].map((healthy) => failuresSurvived(three(healthy)))).toEqual([1, 0, -1])
  })
})
