import { describe, expect, test } from 'vitest'
import { byteCount, durationMs } from '../../../src/etcd/units.ts'

describe('durations as Go reads them', () => {
  test.each([
    ['100ms', 100],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.1s', 1100],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['7ns', 0.000007],
    ['0', 0],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })

  test.each(['', '100', '1d', '1 h', '-1s', '1h30', 's', '1s ', '1m1', '1e3s', '.s', '2562048h'])(
    '%j is none',
    (text) => {
      expect(durationMs(text)).toBeUndefined()
    },
  )
})

describe('sizes', () => {
  test.each([
    ['8GiB', 8_589_934_592],
    ['8GB', 8_000_000_000],
    ['1.5MiB', 1_572_864],
    ['512 MiB', 536_870_912],
    ['1TiB', 1_099_511_627_776],
    ['64kB', 64_000],
    ['64KiB', 65_536],
    ['2097152', 2_097_152],
    ['2097152B', 2_097_152],
  ])('%s is %d bytes', (text, bytes) => {
    expect(byteCount(text)).toBe(bytes)
  })

  test.each(['', '8G', '8gib', 'GiB', '8 GiB ', '-1GiB', '0.3B', '1e9', '9999999TiB', '8kiB'])('%j is none', (text) => {
    expect(byteCount(text)).toBeUndefined()
  })
})
