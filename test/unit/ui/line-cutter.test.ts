import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineCutter } from '../../../src/ui/line-cutter.ts'

function cutAll(bytes: Buffer, cuts: readonly number[] = []): string[] {
  const cutter = lineCutter()
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  const lines = edges.flatMap((edge, index) => cutter.add(bytes.subarray(edge, edges[index + 1] ?? edge)))
  return [...lines, ...cutter.end()]
}

test.each([
  ['', []],
  ['a', ['a']],
  ['a\nb\n', ['a', 'b']],
  ['a\r\nb', ['a', 'b']],
  ['\n\na', ['', '', 'a']],
  ['10 %\r20 %\r\n', ['10 %', '20 %']],
  ['a\r\r\nb', ['a', '', 'b']],
])('%j is these lines: %j', (text, lines) => {
  expect(cutAll(Buffer.from(text))).toEqual(lines)
})

test('lines are the same wherever the chunks end, characters whole', () => {
  const piece = fc.constantFrom('a', 'ä', '🎉', '\n', '\r', '\r\n', '\t', 'line')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(100), { maxLength: 10 }), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(''))
      expect(cutAll(bytes, cuts)).toEqual(cutAll(bytes))
    }),
  )
})

test('what is no UTF-8 is shown as such and hurts nothing around it', () => {
  expect(cutAll(Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a, 0xc3]))).toEqual(['a\ufffd\ufffdb', '\ufffd'])
})

test('a line that never ends does not stay in memory: it comes in pieces, none lost', () => {
  const cutter = lineCutter()
  let seen = 0
  for (let chunk = 0; chunk < 100; chunk++)
    for (const line of cutter.add(Buffer.from('🎉'.repeat(10_000)))) {
      expect(line.length).toBeLessThan(40_000)
      expect(line).toMatch(/^(🎉)+$/u)
      seen += line.length
    }
  for (const line of cutter.end()) seen += line.length
  expect(seen).toBe(100 * 10_000 * 2)
})
