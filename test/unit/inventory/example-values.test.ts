import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { pathText } from '../../../src/inventory/describe.ts'
import { exampleAt } from '../../../src/inventory/example-values.ts'
import { allPlaces } from '../../../src/inventory/schema-keys.ts'
import { minimal, refusals } from './samples.ts'

function put(into: Record<string, unknown>, [key = '', ...rest]: string[], value: unknown): Record<string, unknown> {
  if (rest.length === 0) return { ...into, [key]: value }
  return { ...into, [key]: put((into[key] ?? {}) as Record<string, unknown>, rest, value) }
}

const elsewhere = minimal({ nodes: { node1: { address: '10.9.9.9' } } })
const all = allPlaces().flatMap((place) => {
  const path = place.replaceAll('<name>', 'x').split('.')
  const example = exampleAt(path)
  return example === undefined ? [] : [[path, example] as const]
})

test('most places have one', () => {
  expect(all.length).toBeGreaterThan(60)
})

test.each(all)('%j may be %s', (path, example) => {
  const told = refusals(put(elsewhere, path, runInNewContext(`(${example})`)))
  expect(told.filter((line) => /^[^:]*/.exec(line)?.[0] === pathText(path))).toEqual([])
})
