import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../instruments/seeded.ts'
import { coveringRows, pairKeys, sampleOfValues, type Factors } from '../../integration/matrix/pairwise.ts'

/** Two to five factors of one to four values, and some pairs of values that exclude each other. */
const worlds = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 }).map((sizes): Factors => {
  return Object.fromEntries(sizes.map((size, at) => [`f${at}`, Array.from({ length: size }, (_, v) => `${v}`)]))
})

describe('rows that cover', () => {
  it('hold every pair of values, and one value of every factor', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), (factors, seed) => {
        const rows = coveringRows(factors, () => true, seededRandom(seed))
        expect(new Set(rows.flatMap(pairKeys))).toEqual(new Set(everyPair(factors)))
        for (const row of rows) expect(Object.keys(row).toSorted()).toEqual(Object.keys(factors).toSorted())
      }),
    )
  })

  it('hold every pair that may be, and no other', () => {
    const factors = { size: ['s', 'm', 'l'], colour: ['red', 'blue'], shape: ['round', 'square', 'flat'] }
    const allowed = (part: { size?: string; colour?: string; shape?: string }): boolean =>
      !(part.size === 'l' && part.colour === 'red') &&
      !(part.size === 's' && part.shape !== undefined && part.shape !== 'flat')
    for (let seed = 0; seed < 50; seed++) {
      const found = new Set(coveringRows(factors, allowed, seededRandom(seed)).flatMap(pairKeys))
      const forbidden = ['colour=red size=l', 'shape=round size=s', 'shape=square size=s']
      expect(found).toEqual(new Set(everyPair(factors).filter((pair) => !forbidden.includes(pair))))
    }
  })

  it('are few: three factors of two values need four rows, and get no more than six', () => {
    const factors = { a: ['0', '1'], b: ['0', '1'], c: ['0', '1'] }
    for (let seed = 0; seed < 50; seed++) {
      const rows = coveringRows(factors, () => true, seededRandom(seed))
      expect(rows.length).toBeGreaterThanOrEqual(4)
      expect(rows.length).toBeLessThanOrEqual(6)
    }
  })

  it('are the same for the same seed', () => {
    const factors = { a: ['0', '1', '2'], b: ['0', '1', '2'], c: ['0', '1', '2'] }
    const rows = (seed: number) => coveringRows(factors, () => true, seededRandom(seed))
    expect(rows(7)).toEqual(rows(7))
    expect(rows(7)).not.toEqual(rows(8))
  })

  it('cannot be had where a pair may be but no whole row with it', () => {
    const factors = { a: ['0', '1'], b: ['0', '1'], c: ['0'] }
    const allowed = (part: { a?: string; b?: string; c?: string }): boolean => !(part.a === '1' && part.b && part.c)
    expect(() => coveringRows(factors, allowed, seededRandom(1))).toThrow(/no allowed row has/)
  })
})

describe('a sample of rows', () => {
  it('holds every value that the rows hold, is in their order, and needs them not all', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), fc.nat(), (factors, seed, other) => {
        const rows = coveringRows(factors, () => true, seededRandom(seed))
        const sample = sampleOfValues(rows, seededRandom(other))
        expect(new Set(sample.flatMap(Object.entries).map(String))).toEqual(
          new Set(rows.flatMap(Object.entries).map(String)),
        )
        expect(sample).toEqual(rows.filter((row) => sample.includes(row)))
        // Each row of the sample brings a value that those before it lacked
        expect(sample.length).toBeLessThanOrEqual(Object.values(factors).flat().length)
      }),
    )
  })
})

/** Written down in another way than the generator's. */
function everyPair(factors: Factors): string[] {
  const values = Object.entries(factors).flatMap(([name, all]) =>
    all.map((value) => ({ name, text: `${name}=${value}` })),
  )
  return values.flatMap((left) =>
    values.filter((right) => left.name < right.name).map((right) => `${left.text} ${right.text}`),
  )
}
