import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conflictIn } from '../../instruments/linearizable.ts'
import type { Access, Conflict } from '../../instruments/linearizable.ts'
import { seededRandom } from '../../instruments/seeded.ts'
import { hasOrder } from './search-order.ts'

const access = (type: Access['type'], seq: number, beginMs: number, endMs: number): Access => {
  return { type, seq, by: 'client on node1', beginMs, endMs }
}
const write = (seq: number, beginMs: number, endMs: number) => access('write', seq, beginMs, endMs)
const nothing = { ...write(0, -Infinity, -Infinity), by: 'nobody' }
const read = (seq: number, beginMs: number, endMs: number) => access('read', seq, beginMs, endMs)

describe('in order', () => {
  test.each<[string, Access[]]>([
    ['nothing at all', []],
    ['nothing there, before the first write', [read(0, 0, 1), write(1, 2, 3), read(1, 4, 5)]],
    ['a read beside a write sees the old value', [write(1, 0, 1), write(2, 2, 9), read(1, 3, 4)]],
    ['or the new one, as do all after it', [write(1, 0, 1), write(2, 2, 9), read(2, 3, 4), read(2, 5, 6)]],
    ['a read that begins as the write ends is beside it', [write(1, 0, 1), write(2, 2, 3), read(1, 3, 4)]],
    ['writes beside each other, in either order', [write(1, 0, 5), write(2, 1, 4), read(2, 2, 3), read(1, 6, 7)]],
    ['reads beside each other, one older', [write(1, 0, 1), write(2, 2, 9), read(2, 3, 7), read(1, 4, 6)]],
    ['a write without an answer, never seen', [write(1, 0, 1), write(2, 2, Infinity), read(1, 8, 9)]],
    ['seen at once', [write(1, 0, 1), write(2, 2, Infinity), read(2, 3, 4), write(3, 5, 6), read(3, 7, 8)]],
    ['seen late, over a later one', [write(2, 2, Infinity), write(3, 5, 6), read(3, 7, 8), read(2, 9, 10)]],
  ])('%s', (_, accesses) => {
    expect(conflictIn(accesses)).toBeUndefined()
    expect(conflictIn(accesses.toReversed())).toBeUndefined()
  })
})

describe('out of order', () => {
  const [one, two, lost] = [write(1, 0, 1), write(2, 2, 3), write(2, 2, Infinity)]
  const outOfOrder = (there: [Access, Access], back: [Access, Access]): Conflict => {
    return { kind: 'out of order', there, back }
  }

  test.each<[string, Access[], Conflict]>([
    ['a stale read', [one, two, read(1, 4, 5)], outOfOrder([one, two], [two, read(1, 4, 5)])],
    [
      'a write is gone: what it replaced is back',
      [one, two, read(2, 4, 5), read(1, 6, 7)],
      outOfOrder([one, read(2, 4, 5)], [two, read(1, 6, 7)]),
    ],
    [
      'a value comes back that two have seen replaced',
      [write(1, 0, 9), write(2, 0, 9), read(1, 1, 2), read(2, 3, 4), read(1, 5, 6)],
      outOfOrder([read(1, 1, 2), read(2, 3, 4)], [read(2, 3, 4), read(1, 5, 6)]),
    ],
    [
      'readers do not agree on the order of two writes',
      [write(1, 0, 9), write(2, 0, 9), read(1, 1, 2), read(2, 3, 4), read(2, 10, 11), read(1, 12, 13)],
      outOfOrder([read(1, 1, 2), read(2, 10, 11)], [read(2, 3, 4), read(1, 12, 13)]),
    ],
    [
      'what got no answer is there, and then no more',
      [one, lost, read(2, 4, 5), read(1, 6, 7)],
      outOfOrder([one, read(2, 4, 5)], [read(2, 4, 5), read(1, 6, 7)]),
    ],
    ['nothing there after a write', [one, read(0, 2, 3)], outOfOrder([nothing, one], [one, read(0, 2, 3)])],
    ['a value that nobody wrote', [one, read(7, 2, 3)], { kind: 'never written', read: read(7, 2, 3) }],
    [
      'a value from the future',
      [one, read(2, 0, 1), two],
      { kind: 'read before written', read: read(2, 0, 1), write: two },
    ],
  ])('%s', (_, accesses, conflict) => {
    expect(conflictIn(accesses)).toEqual(conflict)
  })

  test('a conflict is found behind a longer and a shorter group of reads', () => {
    const accesses = [one, two, read(2, 4, 20), read(2, 19, 20), write(3, 21, 22), write(4, 5, 6), read(3, 23, 24)]
    expect(conflictIn(accesses)).toMatchObject({ kind: 'out of order', there: [{ seq: 2 }, { seq: 4 }] })
  })
})

describe('says what a search through all orders says', () => {
  const verdicts = (histories: fc.Arbitrary<Access[]>) => {
    const seen = { sound: 0, broken: 0 }
    const agrees = fc.property(histories, (accesses) => {
      const sound = hasOrder(accesses)
      seen[sound ? 'sound' : 'broken']++
      expect(conflictIn(accesses) === undefined).toBe(sound)
    })
    fc.assert(agrees, { numRuns: 4000 })
    // Else one side would be agreed on for lack of the other.
    expect(Math.min(seen.sound, seen.broken)).toBeGreaterThan(400)
  }

  const moment = fc.nat(9)
  const lengthMs = fc.constantFrom(0, 1, 2, 3, 5, 8, Infinity)

  test('of accesses at random', () => {
    const writes = fc.array(fc.record({ beginMs: moment, lengthMs }), { maxLength: 3 })
    const reads = fc.array(fc.record({ beginMs: moment, lengthMs, seq: fc.nat(3) }), { maxLength: 3 })
    verdicts(
      fc
        .tuple(writes, reads)
        .map(([written, were]) => [
          ...written.map((one, index) => write(index + 1, one.beginMs, one.beginMs + one.lengthMs)),
          ...were.map((one) => read(one.seq, one.beginMs, one.beginMs + one.lengthMs)),
        ]),
    )
  })

  test('of a register that works, and of one answer or end that was changed', () => {
    const step = fc.record({
      type: fc.constantFrom<Access['type']>('write', 'read'),
      at: fc.nat(12),
      before: fc.nat(4),
      after: fc.constantFrom(0, 0, 1, 2, 4, Infinity),
    })
    const change = fc.record({ which: fc.nat(7), seq: fc.nat(4), endMs: fc.nat(12) })
    verdicts(
      fc.tuple(fc.array(step, { minLength: 2, maxLength: 8 }), fc.option(change)).map(([steps, changed]) => {
        let [held, begun] = [0, 0]
        const accesses = steps
          .toSorted((a, b) => a.at - b.at)
          .map(({ type, at, before, after }) => {
            if (type === 'write') held = ++begun
            return access(type, held, at - before, at + after)
          })
        return accesses.map((one, index) => {
          if (index !== changed?.which) return one
          return one.type === 'read'
            ? { ...one, seq: changed.seq }
            : { ...one, endMs: Math.max(one.beginMs, changed.endMs) }
        })
      }),
    )
  })
})

test('20 000 accesses of a register that works are in order, until one read is of a value long replaced', () => {
  const random = seededRandom(5)
  let held = 0
  const accesses = Array.from({ length: 20_000 }, (_, at): Access => {
    const type = random() < 0.5 ? 'write' : 'read'
    if (type === 'write') held = at + 1
    const noEnd = type === 'write' && random() < 0.01
    return access(type, held, at - 10 * random(), noEnd ? Infinity : at + 10 * random())
  })
  expect(conflictIn(accesses)).toBeUndefined()
  const stale = read(accesses[10_000]?.seq ?? 0, 10_400, 10_401)
  expect(conflictIn([...accesses, stale])).toMatchObject({ back: [expect.anything(), stale] })
})
