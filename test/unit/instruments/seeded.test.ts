import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom, seededSample } from '../../instruments/seeded.ts'

const quiet = () => {}

test('a sample is sorted, within 1 to n, of that size, with the first and the last', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(20), fc.nat(), (n, count, seed) => {
      const sample = seededSample(n, count, seed, quiet)
      expect(sample).toEqual([...new Set(sample)].toSorted((a, b) => a - b))
      expect(sample).toHaveLength(Math.min(n, Math.max(count, Math.min(n, 2))))
      if (n > 0) expect([sample[0], sample.at(-1)]).toEqual([1, n])
    }),
  )
})

test('the same seed chooses the same, another one something else; the seed is told', () => {
  const said: string[] = []
  const first = seededSample(100, 10, 42, (line) => said.push(line))
  expect(seededSample(100, 10, 42, quiet)).toEqual(first)
  expect(seededSample(100, 10, 43, quiet)).not.toEqual(first)
  expect(said).toEqual([expect.stringMatching(/^1, .*, 100 of 100; again with SEED=42$/)])
})

test('every number can be chosen', () => {
  const chosen = new Set(Array.from({ length: 200 }, (_, seed) => seededSample(10, 4, seed, quiet)).flat())
  expect(chosen.size).toBe(10)
})

test('random numbers are spread over [0, 1)', () => {
  const random = seededRandom(7)
  const tenths = new Set(Array.from({ length: 200 }, () => Math.floor(random() * 10)))
  expect([...tenths].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
