import { describe, expect, test } from 'vitest'
import { seqOf, valueOf } from '../../instruments/history.ts'
import type { Operation, Read, Write } from '../../instruments/history.ts'
import { judge } from '../../instruments/judge.ts'
import { difference } from '../../instruments/members.ts'
import { reportOf } from '../../instruments/report.ts'

type Interval = [beginMs: number, endMs: number]

const by = { client: 'c', endpoint: 'node1', key: 'k' }
const acknowledged = (seq: number, [beginMs, endMs]: Interval, revision = 10 * seq): Write => {
  return { type: 'write', ...by, seq, beginMs, endMs, outcome: 'acknowledged', revision }
}
const failed = (seq: number, [beginMs, endMs]: Interval, perhaps: boolean): Write => {
  return { type: 'write', ...by, seq, beginMs, endMs, outcome: 'failed', perhaps, error: 'none' }
}
const read = (seq: number, [beginMs, endMs]: Interval, revision = 1000, modRevision = 10 * seq): Read => {
  return { type: 'read', ...by, beginMs, endMs, outcome: 'answered', seq, modRevision, revision }
}

const counts = (history: Operation[], seq: number) => {
  const { lost, wentBack, neverWritten } = judge(history, [{ member: 'node1', seqs: new Map([['k', seq]]) }])
  return { lost, wentBack, neverWritten }
}

const well = { lost: 0, wentBack: 0, neverWritten: 0 }

describe('lost', () => {
  test.each([
    ['the last acknowledged write is there', 2, well],
    ['a later one is there', 3, well],
    ['an earlier one is there', 1, { ...well, lost: 1 }],
    ['nothing is there', 0, { ...well, lost: 2 }],
    ['something else is there', -1, { ...well, lost: 2 }],
  ])('%s', (_, seq, expected) => {
    expect(counts([acknowledged(1, [0, 1]), acknowledged(2, [2, 3])], seq)).toEqual(expected)
  })

  test('a failed write may be absent, whether it was perhaps done or not', () => {
    expect(counts([failed(1, [0, 1], true), failed(2, [2, 3], false)], 0)).toEqual(well)
  })

  test('a member that lacks what others have is named', () => {
    const contents = [3, 2, 3].map((seq, index) => ({ member: `node${index + 1}`, seqs: new Map([['k', seq]]) }))
    expect(judge([acknowledged(3, [0, 1])], contents).problems).toEqual([
      'lost: write 3 of k, acknowledged by node1 at revision 30: node2 has 2',
    ])
  })

  test('thousands of them are told in a few lines', () => {
    const history = Array.from({ length: 2000 }, (_, index) => acknowledged(index + 1, [index, index + 0.5]))
    const { lost, problems } = judge(history, [{ member: 'node1', seqs: new Map() }])
    expect([lost, problems.length, problems.at(-1)]).toEqual([2000, 6, '… and 1995 more of these'])
  })
})

describe('back in time', () => {
  const one = acknowledged(1, [0, 10])
  const two = acknowledged(2, [20, 30])
  const back = { ...well, wentBack: 1 }

  test.each<[string, Operation[], typeof well]>([
    ['a read beside a write may see either: the old', [one, two, read(1, [25, 35])], well],
    ['the new', [one, two, read(2, [19, 21])], well],
    ['a read that began after the acknowledgement must see it', [one, two, read(1, [31, 40])], back],
    ['a read that began as the write was acknowledged is beside it', [one, two, read(1, [30, 40])], well],
    ['what one reader saw, all that begin later must see', [one, two, read(2, [20, 22]), read(1, [23, 24])], back],
    ['reads beside each other need not agree', [one, two, read(2, [20, 24]), read(1, [23, 25])], well],
    ['absent after it was there', [one, read(0, [11, 12])], back],
    ['the same value, written anew at an older revision', [one, read(1, [11, 12]), read(1, [13, 14], 1000, 9)], back],
    ['an older revision of the whole store', [one, read(1, [11, 12], 50), read(1, [13, 14], 49)], back],
    ['a write acknowledged below what was seen', [read(0, [0, 1], 50), acknowledged(1, [2, 3], 40)], back],
    ['revisions beside each other', [one, read(1, [11, 13], 50), read(1, [12, 14], 49)], well],
  ])('%s', (_, history, expected) => {
    expect(counts(history, 2)).toEqual(expected)
    expect(counts(history.toReversed(), 2)).toEqual(expected)
  })

  test('other keys do not matter', () => {
    const other = { ...acknowledged(5, [0, 1]), key: 'other' }
    const { wentBack } = judge([other, acknowledged(1, [2, 3], 60), read(1, [4, 5], 60, 60)], [])
    expect(wentBack).toBe(0)
  })
})

describe('never written', () => {
  test.each<[string, Operation[], number]>([
    ['a write that etcd refused', [failed(1, [0, 1], false), read(1, [2, 3])], 1],
    ['a failed write that may have been done, at once or late', [failed(1, [0, 1], true), read(1, [900, 901])], 0],
    ['a write that began after the read', [read(1, [0, 1]), acknowledged(1, [2, 3])], 1],
    ['a write that is under way', [read(1, [0, 3]), acknowledged(1, [2, 5])], 0],
    ['a write that there never was', [acknowledged(1, [2, 3]), read(7, [4, 5])], 1],
    ['a value of another kind', [read(-1, [4, 5])], 1],
    ['an absent key', [read(0, [4, 5])], 0],
  ])('%s', (_, history, neverWritten) => {
    expect(counts(history, 9).neverWritten).toBe(neverWritten)
  })
})

test('a value tells which write of which key it is, and no other text does', () => {
  expect(seqOf('k', valueOf('k', 17))).toBe(17)
  for (const value of ['17', '17 other', '17 k ', 'x', '', '017 k', '1e3 k']) expect(seqOf('k', value)).toBe(-1)
})

describe('hashes', () => {
  const member = (name: string, hash: number, compactRevision = 5) => ({ member: name, hash, compactRevision })

  test('equal', () => expect(difference([member('node1', 1), member('node2', 1)], 9)).toBeUndefined())

  test.each([
    ['data', member('node2', 2)],
    ['what was compacted', member('node2', 1, 4)],
  ])('different in %s', (_, second) => {
    expect(difference([member('node1', 1), second], 9)).toMatch(/^hashkv at revision 9 differs: node1 1 .*node2/)
  })
})

describe('the longest gap', () => {
  const facts = { seed: 1, ownStallMs: 0, clusterIds: ['a'] }
  const gap = (ends: number[], seconds: number) => {
    const history = ends.map((end, index) => acknowledged(index + 1, [end - 1, end]))
    const report = reportOf(history, { contents: [], hash: undefined, problems: [] }, { ...facts, seconds })
    return [report.longestGapBeganMs, report.longestGapMs]
  }

  test.each([
    ['between two writes, in whatever order they are noted', [100, 900, 300], 1, [300, 600]],
    ['after the last one', [100, 300], 1, [300, 700]],
    ['not before the first one', [900], 1, [900, 100]],
    ['up to a write that was under way at the end', [100, 1500], 1, [100, 900]],
  ])('%s', (_, ends, seconds, expected) => expect(gap(ends, seconds)).toEqual(expected))
})
