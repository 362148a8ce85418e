import { expect, it } from 'vitest'
import { allCells, factors, sampledCells } from '../../integration/matrix/cells.ts'
import { pairKeys } from '../../integration/matrix/pairwise.ts'

it('every pair of values is in the table, but for seven members without the two special hosts', () => {
  const found = new Set(allCells.flatMap(({ values }) => pairKeys(values)))
  const sizes = Object.values(factors).map((values) => values.length)
  const pairs = sizes.flatMap((a, at) => sizes.slice(at + 1).map((b) => a * b)).reduce((sum, each) => sum + each, 0)
  expect(found.size).toBe(pairs - 1)
  expect(found).not.toContain('members=7 reach=direct')
})

it('the table is short: members and versions alone make twenty', () => {
  expect(allCells.length).toBeGreaterThanOrEqual(20)
  expect(allCells.length).toBeLessThanOrEqual(26)
})

it('its cells have names of their own', () => {
  const names = allCells.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

it('every sample has each value at least once, and auth where it can be worked with', () => {
  const values = Object.values(factors).flat()
  for (let seed = 0; seed < 100; seed++) {
    const cells = sampledCells(seed).map((cell) => cell.values)
    expect(new Set(cells.flatMap((cell) => Object.values(cell)))).toEqual(new Set(values))
    expect(cells.some(({ auth, tls }) => auth === 'auth-on' && tls === 'mutual')).toBe(true)
    expect(cells.length).toBeLessThanOrEqual(9)
  }
})
