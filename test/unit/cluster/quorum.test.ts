import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  failuresSurvived,
  mayAdd,
  mayRemove,
  mayTakeDown,
  quorumOf,
  type Health,
  type Voter,
} from '../../../src/cluster/quorum.ts'

const health = fc.constantFrom<Health>('healthy', 'down', 'unknown')
const voters = fc
  .array(health, { minLength: 1, maxLength: 9 })
  .map((all) => all.map((each, index): Voter => ({ name: `node${index + 1}`, health: each })))

const three = (...all: Health[]): Voter[] => all.map((each, index) => ({ name: `node${index + 1}`, health: each }))

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

  test('never lets a voter go that may be voting, unless a majority of all voters stays healthy', () => {
    fc.assert(
      fc.property(voters, fc.nat(8), (all, index) => {
        const chosen = all[index % all.length] as Voter
        const verdict = mayTakeDown(chosen.name, all)
        const left = all.filter((voter) => voter.health === 'healthy' && voter.name !== chosen.name).length
        if (chosen.health === 'down') expect(verdict.kind).toBe('already-down')
        else expect(verdict.kind).toBe(left * 2 > all.length ? 'may' : 'refused')
      }),
    )
  })

  test('in whatever order members are asked about, those that are let go leave a majority', () => {
    fc.assert(
      fc.property(voters, fc.array(fc.nat(8), { maxLength: 20 }), (all, order) => {
        let now = all
        for (const index of order) {
          const { name } = now[index % now.length] as Voter
          if (mayTakeDown(name, now).kind !== 'may') continue
          now = now.map((voter) => (voter.name === name ? { ...voter, health: 'down' } : voter))
          expect(now.filter((voter) => voter.health === 'healthy').length * 2).toBeGreaterThan(now.length)
        }
      }),
    )
  })

  test('learners change nothing for the voters, and are never needed', () => {
    fc.assert(
      fc.property(voters, fc.nat(8), fc.array(fc.string(), { maxLength: 3 }), (all, index, names) => {
        const learners = names.map((name) => `learner ${name}`)
        const { name } = all[index % all.length] as Voter
        expect(mayTakeDown(name, all, learners)).toEqual(mayTakeDown(name, all))
        for (const learner of learners) expect(mayTakeDown(learner, all, learners).kind).toBe('already-down')
      }),
    )
  })

  test('says that none can be spared only where a cluster in full health could not spare one', () => {
    fc.assert(
      fc.property(voters, fc.nat(8), (all, index) => {
        const chosen = all[index % all.length] as Voter
        const verdict = mayTakeDown(chosen.name, all)
        if (verdict.kind !== 'refused' || chosen.health !== 'healthy') return
        expect(verdict.because).toBe(all.length <= 2 ? 'none-to-spare' : 'quorum-would-be-lost')
      }),
    )
  })

  test('shows the arithmetic', () => {
    expect(mayTakeDown('node1', three('healthy', 'healthy', 'down'))).toEqual({
      kind: 'refused',
      arithmetic: '3 voters, quorum 2, healthy 2 (down: node3): without node1 1 would be left',
      because: 'quorum-would-be-lost',
    })
  })

  test('a member that could not be asked is neither spent nor counted on', () => {
    expect(mayTakeDown('node1', three('unknown', 'healthy', 'down'))).toMatchObject({ because: 'not-known' })
    expect(mayTakeDown('node1', three('healthy', 'healthy', 'unknown')).kind).toBe('refused')
    expect(mayTakeDown('node1', three('unknown', 'healthy', 'healthy')).kind).toBe('may')
  })

  test('a learner may always go, as it has no vote; a stranger may not', () => {
    const one = three('healthy')
    expect(mayTakeDown('learner', one, ['learner']).kind).toBe('already-down')
    expect(mayTakeDown('stranger', one)).toMatchObject({ kind: 'refused', because: 'not-known' })
  })

  test('survives as many failures as healthy voters exceed the majority', () => {
    const all = [
      three('healthy', 'healthy', 'healthy'),
      three('healthy', 'healthy', 'down'),
      three('healthy', 'down', 'unknown'),
    ]
    expect(all.map((each) => failuresSurvived(each))).toEqual([1, 0, -1])
  })
})

describe('members come and go', () => {
  test('whoever is added, those that are healthy now are a majority of the larger cluster; a single member may get a second', () => {
    fc.assert(
      fc.property(voters, (all) => {
        const healthy = all.filter((voter) => voter.health === 'healthy').length
        const expected = all.length === 1 ? healthy === 1 : healthy * 2 > all.length + 1
        expect(mayAdd(all).kind).toBe(expected ? 'may' : 'refused')
      }),
    )
  })

  test('whoever is removed, the healthy ones that stay are a majority among themselves; the last one stays', () => {
    fc.assert(
      fc.property(voters, fc.nat(8), (all, index) => {
        const { name } = all[index % all.length] as Voter
        const others = all.filter((voter) => voter.name !== name)
        const healthy = others.filter((voter) => voter.health === 'healthy').length
        expect(mayRemove(name, all).kind).toBe(healthy * 2 > others.length ? 'may' : 'refused')
      }),
    )
  })

  test('with one of three down nobody is added, and the arithmetic says why; with one of four down somebody may be', () => {
    expect(mayAdd(three('healthy', 'healthy', 'down'))).toEqual({
      kind: 'refused',
      because: 'quorum-would-be-lost',
      arithmetic: 'a cluster of 4 must have 3 healthy, 2 are (not healthy: node3)',
    })
    expect(mayAdd(three('healthy', 'healthy', 'healthy', 'down')).kind).toBe('may')
    expect(mayRemove('node3', three('healthy', 'healthy', 'down')).kind).toBe('may')
  })
})
