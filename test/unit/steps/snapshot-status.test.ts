import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { snapshotStatus } from '../../../src/steps/snapshot-status.ts'
import { toldBy } from '../cli/local-hosts.ts'
import { databaseFile, keyValue, revisionKey, sealed } from '../etcd/bbolt-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'snapshot-status-'))
afterAll(() => rmSync(folder, { recursive: true }))

const database = databaseFile({
  buckets: [{ name: 'key', as: 'leaf', items: [[revisionKey(7), keyValue('a', 'value')]] }],
})
const whole = sealed(database)
let count = 0

function saved(bytes: Uint8Array): string {
  const file = join(folder, `${++count}.db`)
  writeFileSync(file, bytes)
  return file
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
  return copy
}

test('a whole one: what is in it, for people and for programs', async () => {
  const file = saved(whole)
  const { sha256 } = snapshotStatus(file)
  const { code, stdout, stderr } = await toldBy(['snapshot', 'status', file])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /1\.db: whole, revision 7, 1 key \(1 record\), 16\.0 KiB \(16416 bytes\), hash [0-9a-f]+\nSHA-256 [0-9a-f]{64}\n$/,
  )
  const json = JSON.parse((await toldBy(['snapshot', 'status', file, '--json'])).stdout) as unknown
  expect(json).toEqual({
    v: 1,
    type: 'snapshot-status',
    file,
    revision: 7,
    totalKeys: 1,
    records: 1,
    sizeBytes: whole.length,
    totalSizeBytes: database.length,
    sha256,
    hash: expect.stringMatching(/^[0-9a-f]+$/),
    clusterVersion: null,
  })
})

test.each<[string, Uint8Array, RegExp, RegExp]>([
  ['empty', Buffer.alloc(0), /empty/, /take another/],
  ['cut off within a page', whole.subarray(0, 10_000), /size, 10000 bytes, is not that of a whole/, /take another/],
  ['cut off behind a page', whole.subarray(0, 8192), /no SHA-256 at its end: either that was cut off/, /take another/],
  ['cut off where only the sum can tell', whole.subarray(0, 8192 + 32), /does not match the SHA-256/, /take another/],
  ['one bit flipped', flipped(whole, 9000), /does not match the SHA-256/, /take another/],
  ['one bit of the sum flipped', flipped(whole, whole.length - 1), /does not match the SHA-256/, /take another/],
  ['without its sum, as in a data directory', database, /copy of a member’s own file/, /--skip-hash-check/],
  ['compressed with gzip', gzipSync(whole), /compressed with gzip/, /gunzip/],
  ['something else', randomBytes(50_000), /does not begin as a snapshot/, /the file that you mean/],
  ['tiny', Buffer.from('no'), /does not begin as a snapshot/, /the file that you mean/],
  ['another program’s database', sealed(databaseFile({ buckets: [] })), /none of etcd/, /the file that you mean/],
  ['a database that lies about its size', sealed(database.subarray(0, 12_288)), /of which 12288 are there/, /./],
])('%s: exit 1, told why and what to do', async (_, bytes, why, next) => {
  const file = saved(bytes)
  const { code, stdout, stderr } = await toldBy(['snapshot', 'status', file])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(why)
  expect(stderr).toMatch(next)
  expect(JSON.parse((await toldBy(['snapshot', 'status', file, '--json'])).stdout)).toMatchObject({
    v: 1,
    type: 'error',
    error: { message: expect.stringMatching(why), exitCode: 1 },
  })
})

test('a file that is not there, or no file, is wrong usage', async () => {
  const missing = await toldBy(['snapshot', 'status', join(folder, 'missing.db')])
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no file') })
  mkdirSync(join(folder, 'dir'))
  expect(await toldBy(['snapshot', 'status', join(folder, 'dir')])).toMatchObject({ code: 2 })
})

test('escapes in a name reach nobody’s terminal', async () => {
  const file = join(folder, 'a\u001b[2J.db')
  writeFileSync(file, whole)
  expect((await toldBy(['snapshot', 'status', file])).stdout).not.toContain('\u001b')
})
