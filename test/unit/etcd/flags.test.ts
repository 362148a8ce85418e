import { describe, expect, test } from 'vitest'
import { type Flag, featureGates, flags, hasFlag } from '../../../src/etcd/flags.ts'

const table = Object.entries<Flag>(flags)

describe('what a version has', () => {
  test.each([
    ['tls-min-version', '3.3.27', false],
    ['tls-min-version', '3.4.24', false],
    ['tls-min-version', '3.4.25', true],
    ['tls-min-version', '3.5.0', false],
    ['tls-min-version', '3.5.7', false],
    ['tls-min-version', '3.5.8', true],
    ['tls-min-version', '3.6.0', true],
    ['enable-v2', '3.5.35', true],
    ['enable-v2', '3.6.0', false],
    ['experimental-compaction-batch-limit', '3.6.16', true],
    ['experimental-compaction-batch-limit', '3.7.0', false],
    ['experimental-backend-bbolt-freelist-type', '3.5.0', false],
    ['auth-token-ttl', '3.4.9', false],
    ['feature-gates', '3.5.35', false],
    ['feature-gates', '3.8.0', true],
    ['name', '3.3.0', true],
  ] as const)('%s in %s: %s', (name, version, has) => {
    expect(hasFlag(flags[name], version)).toBe(has)
  })
})

describe('the table agrees with itself', () => {
  test.each(table.filter(([, flag]) => flag.renamedTo !== undefined))(
    '%s goes on under its new name when it is gone',
    (_name, flag) => {
      const successor = flags[flag.renamedTo as keyof typeof flags] as Flag | undefined
      expect(successor).toBeDefined()
      const firstWithout = { '3.3': '3.4.0', '3.4': '3.5.0', '3.5': '3.6.0', '3.6': '3.7.0' }[flag.until ?? '']
      expect(firstWithout).toBeDefined()
      expect(hasFlag(successor as Flag, firstWithout as string)).toBe(true)
    },
  )

  test('a flag is owned or refused, never both, and a reason is a sentence', () => {
    for (const [name, flag] of table) {
      expect([flag.owned, flag.refused].filter((reason) => reason !== undefined).length, name).toBeLessThan(2)
      expect((flag.owned ?? flag.refused ?? 'a reason').length, name).toBeGreaterThan(7)
    }
  })

  test('every flag that 3.6 turned into a feature gate names one that 3.6 has', () => {
    const gated = table.filter(([, flag]) => flag.gate !== undefined)
    expect(gated).toHaveLength(6)
    for (const [, flag] of gated) expect(featureGates[flag.gate as keyof typeof featureGates]).toBe('3.6')
  })
})

test('nothing dangerous can be set, whatever its name is made of', () => {
  const free = table.filter(([, flag]) => flag.owned === undefined && flag.refused === undefined).map(([name]) => name)
  const dangerous =
    /^(discovery|proxy)|auto-tls|force-new|no-fsync|^(listen|advertise)-|-file$|^initial-(cluster|advertise)|-dir$|^(name|version)$/
  expect(free.filter((name) => dangerous.test(name))).toEqual([])
  expect(free.length).toBeGreaterThan(70)
})
