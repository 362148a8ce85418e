import { describe, expect, test } from 'vitest'
import type { Operation, Put, Read, Write } from '../../instruments/history.ts'
import { unlinearizable } from '../../instruments/linearizable-keys.ts'

const by = (client: string, endpoint: string, beginMs: number, endMs: number, key = 'k') => {
  return { client, endpoint, key, beginMs, endMs }
}
const done = { outcome: 'acknowledged', revision: 1 } as const
const failed = (perhaps: boolean) => ({ outcome: 'failed', perhaps, error: 'node1: none' }) as const
const answered = { outcome: 'answered', modRevision: 1, revision: 1 } as const

const one: Put = { type: 'put', seq: 1, ...by('putter0', 'node1', 0, 1.5), ...done }
const two: Put = { type: 'put', seq: 2, ...by('putter1', 'node2', 2, 3), ...done }
const read = (seq: number, beginMs: number, endMs: number, key?: string): Read => {
  return { type: 'read', seq, ...by('reader0', 'node3', beginMs, endMs, key), ...answered }
}
const atTheEnd = (...seqs: number[]) =>
  seqs.map((seq, index) => ({ member: `node${index + 1}`, seqs: new Map(seq === 0 ? [] : [['k', seq]]) }))

describe('told with the key and the operations', () => {
  const then1 = '1 before 2: write of 1 by putter0 on node1 (0.00–1.50 ms), then'
  const then2 = '2 before 1: write of 2 by putter1 on node2 (2.00–3.00 ms), then'

  test.each<[string, Operation[], number[], string]>([
    [
      'a stale read',
      [one, two, read(1, 4, 5)],
      [],
      `${then1} write of 2 by putter1 on node2 (2.00–3.00 ms); ${then2} read of 1 by reader0 on node3 (4.00–5.00 ms)`,
    ],
    [
      'an older value at the end',
      [one, two],
      [2, 1],
      `${then1} read of 2 by node1 at the end; ${then2} read of 1 by node2 at the end`,
    ],
    [
      'nothing at the end',
      [one],
      [0],
      'nothing before 1: nothing was there, then write of 1 by putter0 on node1 (0.00–1.50 ms); ' +
        '1 before nothing: write of 1 by putter0 on node1 (0.00–1.50 ms), then read of nothing by node1 at the end',
    ],
    [
      'a put that etcd refused',
      [{ ...two, ...failed(false) }, read(2, 4, 5)],
      [],
      'read of 2 by reader0 on node3 (4.00–5.00 ms), which nobody wrote',
    ],
    [
      'another value',
      [one, read(-1, 4, 5)],
      [],
      'read of a foreign value by reader0 on node3 (4.00–5.00 ms), which nobody wrote',
    ],
    [
      'a value from the future',
      [read(1, -2, -1), one],
      [],
      'read of 1 by reader0 on node3 (-2.00–-1.00 ms), before write of 1 by putter0 on node1 (0.00–1.50 ms)',
    ],
  ])('%s', (_, history, end, problem) => {
    expect(unlinearizable(history, atTheEnd(...end))).toEqual([`not linearizable: k: ${problem}`])
  })
})

describe('nothing told', () => {
  const write: Write = { type: 'write', seq: 3, ...by('writer0', 'node1', 2, 3), ...failed(true) }

  test.each<[string, Operation[], number[]]>([
    ['each key by itself', [one, two, read(2, 4, 5), read(0, 6, 7, 'other')], [2, 2]],
    ['a failed read', [one, { ...read(0, 4, 5), outcome: 'failed', error: 'node3: none' }], [1]],
    ['a failed put that is seen much later', [{ ...one, ...failed(true) }, two, read(2, 4, 5), read(1, 90, 91)], [1]],
    ['a failed put that is there only at the end', [{ ...one, ...failed(true) }, two, read(2, 4, 5)], [1]],
    ['a failed write', [write, read(0, 4, 5)], [3]],
    ['a failed write that is nowhere', [one, write], [1]],
  ])('%s', (_, history, end) => {
    expect(unlinearizable(history, atTheEnd(...end))).toEqual([])
  })
})
