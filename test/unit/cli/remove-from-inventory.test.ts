import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'

import { removeFromInventory } from '../../../src/cli/remove-from-inventory.ts'
import type { RunEvent } from '../../../src/engine/events.ts'
import { loadInventory } from '../../../src/inventory/load.ts'

let file: string
let events: RunEvent[]
/** What is done, in its order. */
let steps: string[]
let answer: boolean

beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'remove-node-')), 'inventory.ts')
  events = []
  steps = []
  answer = true
})

async function remove(text: string): Promise<string> {
  writeFileSync(file, text)
  const cluster = await loadInventory(file, { connects: false })
  const node = cluster.nodes.find(({ name }) => name === 'node3') ?? expect.fail()
  const session = {
    cluster,
    emit: (event: RunEvent) => void events.push(event),
    ask: {
      confirm: () => {
        steps.push('asked')
        return Promise.resolve(answer)
      },
    } as never,
  }
  return removeFromInventory(session, node, async () => {
    steps.push(readFileSync(file, 'utf8') === text ? 'recorded before it is written' : 'recorded too late')
  })
}

const source = (nodes: string, before = ''): string =>
  `${before}export default {\n  cluster: 'prod',\n  version: '3.6.16',\n  nodes: {\n${nodes}  },\n}\n`
const others = `    node1: { address: '10.0.0.1' },\n    node2: { address: '10.0.0.2' },\n`

test('shown, asked for, recorded, then written; where it is still named is told', async () => {
  const note = '// node3 is 10.0.0.3\n'
  expect(await remove(source(`${others}    node3: { address: '10.0.0.3' }, // old\n`, note))).toBe('edited')
  expect(readFileSync(file, 'utf8')).toBe(source(others, note))
  expect(steps).toEqual(['asked', 'recorded before it is written'])
  expect(events).toMatchObject([
    { type: 'note', diff: expect.stringContaining(`\n-    node3: { address: '10.0.0.3' }, // old\n`) },
    { type: 'warning', message: `${file}: line 1 still names 10.0.0.3` },
  ])
})

test('spread before it: tried, and found to be gone', async () => {
  const spread = `    ...others,\n`
  const before = `const others = {\n${others}}\n`
  expect(await remove(source(`${spread}    node3: { address: '10.0.0.3' },\n`, before))).toBe('edited')
  expect(readFileSync(file, 'utf8')).toBe(source(spread, before))
})

test.each([
  [
    'it comes from elsewhere too',
    `const others = {\n${others}  node3: { address: '10.0.0.3' },\n}\n`,
    '    ...others,\n',
  ],
  [
    'another node would change with it',
    `let count = 0\nconst next = () => ({ address: '10.0.0.' + ++count })\n`,
    `    node0: next(),\n`,
  ],
])('%s: not edited, nothing recorded, and it is told what to edit', async (what, before, first) => {
  const isOrder = what.startsWith('another')
  const last = isOrder ? `    node3: next(),\n    node4: next(),\n` : `    node3: { address: '10.0.0.3' },\n`
  const text = source(first + last, before)
  expect(await remove(text)).toBe('computed')
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(steps).toEqual([])
  expect(events).toMatchObject([{ type: 'warning', next: ['take nodes.node3 out of it'] }])
})

test('not confirmed: nothing is recorded, nothing written', async () => {
  answer = false
  const text = source(`${others}    node3: { address: '10.0.0.3' },\n`)
  await expect(remove(text)).rejects.toMatchObject({ exitCode: 3 })
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(steps).toEqual(['asked'])
})
