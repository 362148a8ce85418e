import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allBytesOf, bigintOf, bytesOf, decode, encode, numberOf } from '../../instruments/protobuf.ts'

// From protobuf's own description of its encoding: 08 96 01 is field 1 = 150, 12 07 … is field 2 = "testing".
const documented = Buffer.from('089601120774657374696e67', 'hex')

test('bytes as the format is documented', () => {
  expect(encode([1, 150], [2, Buffer.from('testing')])).toEqual(documented)
  const fields = decode(documented)
  expect([numberOf(fields, 1), bytesOf(fields, 2).toString()]).toEqual([150, 'testing'])
})

test('every 64-bit number comes back: ids unsigned, revisions signed', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  fc.assert(
    fc.property(int64, (value) => {
      const fields = decode(encode([3, value]))
      expect(bigintOf(fields, 3)).toBe(BigInt.asUintN(64, value))
      expect(numberOf(fields, 3)).toBe(Number(value))
    }),
  )
})

test('a compact revision of -1, as a member answers that never compacted', () => {
  expect(encode([3, -1]).toString('hex')).toBe('18ffffffffffffffffff01')
  expect(numberOf(decode(Buffer.from('18ffffffffffffffffff01', 'hex')), 3)).toBe(-1)
})

test('repeated fields, absent ones, and those left out', () => {
  const fields = decode(encode([2, Buffer.from('a')], [2, Buffer.from('b')], [4, undefined], [5, false], [6, true]))
  expect(allBytesOf(fields, 2).map(String)).toEqual(['a', 'b'])
  expect([numberOf(fields, 4), fields.has(4), fields.has(5), numberOf(fields, 6)]).toEqual([0, false, true, 1])
  expect(bytesOf(fields, 9)).toHaveLength(0)
})
