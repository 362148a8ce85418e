import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BrokenDatabase } from '../../../src/etcd/bbolt-bytes.ts'
import { Crc32c } from '../../../src/etcd/crc32c.ts'
import { snapshotContents } from '../../../src/etcd/snapshot-contents.ts'
import {
  atMeta,
  databaseFile,
  keyValue,
  revisionKey,
  signMeta,
  type Written,
  type WrittenBucket,
} from './bbolt-file.ts'

function contents(file: Buffer) {
  return snapshotContents((position, length) => {
    if (length > 1024 * 1024) throw new Error(`${length} bytes at once`)
    if (position + length > file.length) throw new BrokenDatabase('short')
    return new Uint8Array(file.subarray(position, position + length))
  }, file.length)
}

function crc(...parts: (string | Buffer)[]): number {
  const hash = new Crc32c()
  for (const part of parts) hash.update(typeof part === 'string' ? Buffer.from(part) : part)
  return hash.digest()
}

const text = (key: string, value: string): [Buffer, Buffer] => [Buffer.from(key), Buffer.from(value)]
const cluster: WrittenBucket = { name: 'cluster', as: 'inline', items: [text('clusterVersion', '3.6.0')] }
const keys: WrittenBucket = {
  name: 'key',
  as: 'leaf',
  items: [
    [revisionKey(2), keyValue('a', 'first')],
    [revisionKey(9), keyValue('a', 'second')],
    [revisionKey(9, 1), keyValue('b')],
    [revisionKey(31, 0, true), keyValue('a')],
  ],
}
const empty: WrittenBucket = { name: 'alarm', as: 'inline', items: [] }
const sample: Written = { buckets: [empty, cluster, keys] }

test.each([
  ['', 0],
  ['123456789', 0xe3069283],
  [Buffer.alloc(32), 0x8a9136aa],
  [Buffer.alloc(32, 0xff), 0x62a8ab43],
])('CRC-32C of %j is the one of RFC 3720', (data, expected) => {
  expect(crc(data)).toBe(expected)
  for (const cut of [1, 3, 5])
    expect(crc(Buffer.from(data).subarray(0, cut), Buffer.from(data).subarray(cut))).toBe(expected)
})

describe.each([
  ['', {}],
  [' of small pages', { pageSize: 512 }],
  [' of large pages', { pageSize: 65536 }],
  [' of a big-endian machine', { littleEndian: false }],
])('a database%s', (_, more) => {
  test('is read as etcd reckons', () => {
    const file = databaseFile({ ...sample, ...more })
    expect(contents(file)).toEqual({
      revision: 31,
      totalKeys: 1,
      records: 5,
      totalSizeBytes: file.length,
      clusterVersion: '3.6.0',
      hash: crc('alarm', 'cluster', 'clusterVersion', '3.6.0', 'key', ...keys.items.flat()),
    })
  })

  test('with branches, and values of many pages, also larger than what is held at once', () => {
    const items = [1, 2, 3, 4].map((main): [Buffer, Buffer] => [
      revisionKey(main),
      keyValue(`k${main}`, Buffer.alloc(main * 900_000, main)),
    ])
    const buckets: WrittenBucket[] = [
      { name: 'key', as: 'branch', items },
      { name: 'lease', as: 'leaf', items: [] },
    ]
    expect(contents(databaseFile({ buckets, ...more }))).toMatchObject({
      revision: 4,
      totalKeys: 4,
      clusterVersion: null,
      hash: crc('key', ...items.flat(), 'lease'),
    })
  })
})

test('the newer meta page counts, and one is enough, whatever the page size', () => {
  for (const pageSize of [512, 4096, 65536]) {
    const file = databaseFile({ ...sample, pageSize })
    const whole = contents(file)
    const second = file.subarray(pageSize + 16)
    second.writeBigUInt64LE(1n, atMeta.root)
    signMeta(second)
    expect(contents(file)).toEqual(whole)
    file.fill(0, 0, 100)
    expect(() => contents(file)).toThrow(BrokenDatabase)
    second.writeBigUInt64LE(BigInt(file.length / pageSize - 1), atMeta.root)
    signMeta(second)
    expect(contents(file)).toEqual(whole)
  }
})

function damaged(
  change: (file: Buffer, view: { meta: Buffer; page: (id: number) => Buffer }) => void,
  written = sample,
): Buffer {
  const file = databaseFile(written)
  const meta = file.subarray(16)
  change(file, { meta, page: (id) => file.subarray(id * 4096, (id + 1) * 4096) })
  signMeta(meta)
  return file
}

const branched: Written = { buckets: [{ ...keys, as: 'branch' }] }
/** The pages of `branched`: a leaf for each key from page 2 on, then the branch, then the root. */
const branchAt = 2 + keys.items.length

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /does not begin/],
  ['zeros', Buffer.alloc(65536), /does not begin/],
  ['one that was cut off', databaseFile(sample).subarray(0, 8192), /of which 8192 are there/],
  [
    'a number of pages beyond all files',
    damaged((_, { meta }) => meta.writeBigUInt64LE(2n ** 63n, atMeta.pages)),
    /are there/,
  ],
  ['a root that is no page', damaged((_, { meta }) => meta.writeBigUInt64LE(2n ** 63n, atMeta.root)), /cannot be/],
  ['a root that is a meta page', damaged((_, { meta }) => meta.writeBigUInt64LE(1n, atMeta.root)), /cannot be/],
  [
    'a page that says it is another',
    damaged((_, { page }) => page(2).writeBigUInt64LE(3n, 0)),
    /page 2 of it is damaged/,
  ],
  ['a page with more overflow than pages', damaged((_, { page }) => page(2).writeUInt32LE(0xffffffff, 12)), /page 2/],
  ['a page of an unknown kind', damaged((_, { page }) => page(2).writeUInt16LE(0x10, 8)), /no kind/],
  ['more keys than have room', damaged((_, { page }) => page(2).writeUInt16LE(0xffff, 10)), /beyond its end|damaged/],
  [
    'a key outside of its page',
    damaged((_, { page }) => page(2).writeUInt32LE(0xfffffff0, 16 + 4)),
    /key of it is damaged/,
  ],
  [
    'a value outside of its page',
    damaged((_, { page }) => page(2).writeUInt32LE(0xfffffff0, 16 + 12)),
    /key of it is damaged/,
  ],
  [
    'a value that many keys share',
    damaged((_, { page }) => page(2).writeUInt32LE(64, 32 + 4)),
    /key of it is damaged|order/,
  ],
  ['keys out of order', damaged((_, { page }) => page(2).writeUInt8(0xff, 16 + 4 * 16 + 6)), /order/],
  [
    'a branch that leads to itself',
    damaged((_, { page }) => page(branchAt).writeBigUInt64LE(BigInt(branchAt), 16 + 8), branched),
    /used twice/,
  ],
  [
    'a branch that leads to one page twice',
    damaged((_, { page }) => page(branchAt).writeBigUInt64LE(2n, 16 + 16 + 8), branched),
    /used twice/,
  ],
  ['no bucket of keys', databaseFile({ buckets: [cluster] }), /no bucket `key`/],
  [
    'a key that is no revision',
    databaseFile({ buckets: [{ ...keys, items: [[Buffer.from('foo'), keyValue('bar')]] }] }),
    /no revision/,
  ],
  [
    'a value that is none of etcd',
    databaseFile({ buckets: [{ ...keys, items: [[revisionKey(1), Buffer.from('x')]] }] }),
    /value that etcd never/,
  ],
  [
    'a value whose key is longer than it',
    databaseFile({ buckets: [{ ...keys, items: [[revisionKey(1), Buffer.from([10, 255, 255, 3, 1])]] }] }),
    /value that etcd never/,
  ],
  ['a bucket within a bucket', damaged((_, { page }) => page(2).writeUInt32LE(1, 16)), /bucket within a bucket/],
  [
    'buckets without end',
    databaseFile({
      buckets: Array.from({ length: 1001 }, (_, index) => ({
        name: String(10_000 + index),
        as: 'inline' as const,
        items: [],
      })),
    }),
    /its buckets are others/,
  ],
])('%s: told, and no more', (_, file, told) => {
  expect(() => contents(file)).toThrow(BrokenDatabase)
  expect(() => contents(file)).toThrow(told)
})

test('bytes changed anywhere are read as something else or told, in a time that does not grow with what they say', () => {
  const items = Array.from({ length: 40 }, (_, main): [Buffer, Buffer] => [
    revisionKey(main),
    keyValue(`k${main}`, Buffer.alloc(300, main)),
  ])
  const pristine = databaseFile({
    buckets: [cluster, { name: 'key', as: 'branch', items }, { ...keys, name: 'meta' }],
    pageSize: 512,
  })
  const change = fc.record({ at: fc.nat(pristine.length - 1), to: fc.constantFrom(0, 1, 2, 0x7f, 0xff) })
  const begunMs = performance.now()
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const file = Buffer.from(pristine)
      for (const { at, to } of changes) file.writeUInt8(to, at)
      for (const page of [0, 512]) signMeta(file.subarray(page + 16))
      try {
        expect(contents(file).records).toBeLessThan(1000)
      } catch (error) {
        expect(error).toBeInstanceOf(BrokenDatabase)
      }
    }),
    { numRuns: 1000 },
  )
  expect(performance.now() - begunMs).toBeLessThan(25_000)
})
