import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { allPlaces } from '../../../src/inventory/schema-keys.ts'
import { minimal, resolved } from './samples.ts'

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

test('the second cluster on the same hosts shares nothing with one that has the defaults', () => {
  const [, block = ''] = /### Two clusters[^]*?```ts\n([^]*?)```/.exec(text) ?? []
  const source = block.replace(/^import .*$/m, '').replace('export default defineInventory(', 'answer(')
  let raw: unknown
  runInNewContext(source, { answer: (inventory: unknown) => (raw = JSON.parse(JSON.stringify(inventory))) })
  const [events, first] = [resolved(raw), resolved(minimal())]
  const placesOf = (cluster: Cluster): string[] => [
    ...Object.values(layoutOf(cluster)).filter((place) => place !== undefined),
    ...Object.values(cluster.paths),
    ...cluster.nodes.flatMap(({ peer, client }) => [String(peer.port), String(client.port)]),
  ]
  const shared = placesOf(events).filter((place) => placesOf(first).includes(place))
  expect(shared).toEqual([])
})
