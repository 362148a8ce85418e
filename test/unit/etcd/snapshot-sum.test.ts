import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { snapshotSummer } from '../../../src/etcd/snapshot-sum.ts'

/** Pages and the sum behind them, as etcd sends it. */
function snapshot(pages: number): Buffer {
  const data = randomBytes(pages * 4096)
  return Buffer.concat([data, createHash('sha256').update(data).digest()])
}

function judged(bytes: Buffer, cuts: readonly number[] = []) {
  const summer = snapshotSummer()
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  for (const [index, edge] of edges.entries()) summer.add(bytes.subarray(edge, edges[index + 1] ?? edge))
  return summer.end()
}

test('a whole snapshot is whole, however it is cut on its way, and its SHA-256 is that of the file', () => {
  const whole = snapshot(3)
  const sha256 = createHash('sha256').update(whole).digest('hex')
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 40 }), (cuts) => {
      expect(judged(whole, cuts)).toEqual({ sha256 })
    }),
  )
})

test('one flipped bit anywhere is seen', () => {
  const whole = snapshot(1)
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const broken = Buffer.from(whole)
      broken.writeUInt8(broken.readUInt8(at) ^ (1 << bit), at)
      expect(judged(broken)).toHaveProperty('broken')
    }),
  )
})

test.each([0, 31, 32, 512, 4096, 2 * 4096 + 31])('cut off after %i bytes it is not whole', (length) => {
  expect(judged(snapshot(2).subarray(0, length))).toHaveProperty('broken')
})

test('cut off behind a page, where only the sum can tell', () => {
  expect(judged(snapshot(2).subarray(0, 4096 + 32))).toHaveProperty('broken')
})
