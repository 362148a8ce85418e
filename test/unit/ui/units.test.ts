import { expect, test } from 'vitest'

import { amountText, bytesText, durationText, secondsText } from '../../../src/ui/units.ts'

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1024, '1.0 KiB'],
  [22 * 2 ** 20, '22.0 MiB'],
  [123.4 * 2 ** 20, '123 MiB'],
  // As the inventory says it: '8GiB'.
  [8_589_934_592, '8.0 GiB'],
])('%d bytes', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})

test.each([
  [0, '0.0 s'],
  [849, '0.8 s'],
  [9_949, '9.9 s'],
  [9_990, '10 s'],
  [65_000, '1 min 5 s'],
  [7_440_000, '2 h 4 min'],
])('%d ms', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text)
})

test('what goes on is told in whole seconds', () => {
  expect(secondsText(3_400)).toBe('3 s')
  expect(secondsText(65_000)).toBe('1 min 5 s')
})

test('an amount tells its unit once', () => {
  expect(amountText(12.3 * 2 ** 20, 61 * 2 ** 20)).toBe('12.3 of 61.0 MiB')
  expect(amountText(900, 61 * 2 ** 20)).toBe('900 bytes of 61.0 MiB')
  expect(amountText(900 * 2 ** 10, undefined)).toBe('900 KiB')
})
