import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allPlaces } from '../../../src/inventory/schema-keys.ts'

const text = readFileSync(new URL('../../../docs/inventory.md', import.meta.url), 'utf8')
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | '))
const documented = rows.flatMap(([key = '']) => [...key.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))

/** What is the same in several places stands in one of them. */
function asDocumented(place: string): string {
  return place
    .replaceAll('<name>', 'NAME')
    .replace(/^nodes\.NAME\.ssh\./, 'ssh.')
    .replace(/^binaries\.(amd64|arm64|ppc64le|s390x)\./, 'binaries.')
    .replace(/^.*\.(password|passphrase)\.(env|file)$/, 'SECRET.$2')
}

const places = [...new Set(allPlaces().map(asDocumented))]

test.each(places)('%s is in docs/inventory.md', (place) => {
  expect(documented).toContain(place)
})

test('nothing else is', () => {
  expect(documented.filter((key) => key !== 'SECRET' && !places.includes(key))).toEqual([])
})

test('each with its type, and once', () => {
  for (const row of rows) expect(row[1]?.trim(), row[0]).not.toBe('')
  expect(new Set(documented).size).toBe(documented.length)
})
