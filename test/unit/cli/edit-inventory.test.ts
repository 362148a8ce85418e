import { execFile } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'

import { editInventoryFile } from '../../../src/cli/edit-inventory.ts'
import type { RunEvent } from '../../../src/engine/events.ts'
import type { InventoryEdit } from '../../../src/inventory/edit.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import type { Cluster } from '../../../src/inventory/model.ts'

let folder: string
let file: string
let events: RunEvent[]
let questions: string[]
/** What is there when the question is asked. */
let atQuestion: () => void
let answer: boolean

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edit-inventory-'))
  file = join(folder, 'inventory.ts')
  events = []
  questions = []
  atQuestion = () => {}
  answer = true
})

const source = `// node2 is 10.0.0.2:2379, and was 10.0.0.22
export default {
  cluster: 'prod',
  version: '3.6.16',
  nodes: {
    node1: { address: '10.0.0.1', ssh: { jump: 'me@10.0.0.2:22' } },
    node2: { address: '10.0.0.2' },
  },
}
`
const edits: InventoryEdit[] = [
  { path: ['nodes', 'node2', 'address'], from: '10.0.0.2', to: '10.0.0.9' },
  { path: ['nodes', 'node2', 'client', 'port'], to: 2479 },
]
const after = source.replace(`'10.0.0.2' }`, `'10.0.0.9', client: { port: 2479 } }`)

async function edit(text: string, leadsTo?: (cluster: Cluster) => boolean, wanted = edits) {
  writeFileSync(file, text, { mode: 0o640 })
  const session = {
    cluster: await loadInventory(file, { connects: false }),
    emit: (event: RunEvent) => void events.push(event),
    ask: {
      confirm: (question: string) => {
        questions.push(question)
        atQuestion()
        return Promise.resolve(answer)
      },
    } as never,
  }
  return (await editInventoryFile(session, wanted, leadsTo && { leadsTo })).kind
}

const isThere = ({ nodes }: Cluster): boolean => nodes[1]?.peer.address === '10.0.0.9' && nodes[1].client.port === 2479

test('tried, shown, asked for, written; what it leaves is named by its lines', async () => {
  atQuestion = () => expect(readFileSync(file, 'utf8')).toBe(source)
  expect(await edit(source, isThere)).toBe('edited')
  expect(readFileSync(file, 'utf8')).toBe(after)
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(readdirSync(folder)).toEqual(['inventory.ts'])
  expect(questions).toEqual([`Edit ${file} as shown?`])
  const [note, warning] = events
  expect(events).toHaveLength(2)
  expect(note).toMatchObject({
    type: 'note',
    diff: expect.stringContaining(`\n+    node2: { address: '10.0.0.9', client`),
  })
  expect(warning).toMatchObject({ type: 'warning', message: `${file}: lines 1, 6 still name 10.0.0.2` })
})

test('a comment on one line; an address that another endpoint keeps is no leftover', async () => {
  const text = `// 10.0.0.2\nexport default { cluster: 'a', version: '3.6.16', nodes: { a: { address: '10.0.0.2' } } }\n`
  const [address, peer] = [
    { path: ['nodes', 'a', 'address'], from: '10.0.0.2', to: '10.0.0.9' },
    { path: ['nodes', 'a', 'peer', 'address'], to: '10.0.0.2' },
  ] as [InventoryEdit, InventoryEdit]
  await edit(text, undefined, [address, peer])
  expect(events.map(({ type }) => type)).toEqual(['note'])
  file = join(folder, 'other.ts')
  await edit(text, undefined, [address])
  expect(events.at(-1)).toMatchObject({ message: `${file}: line 1 still names 10.0.0.2` })
})

test('through a link, which stays one', async () => {
  mkdirSync(join(folder, 'real'))
  symlinkSync('real/inventory.ts', file)
  expect(await edit(source, isThere)).toBe('edited')
  expect(lstatSync(file).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(folder, 'real/inventory.ts'), 'utf8')).toBe(after)
  expect(readdirSync(join(folder, 'real'))).toEqual(['inventory.ts'])
})

test('nothing to edit', async () => {
  expect(await edit(source, () => false, [])).toBe('nothing')
  expect(events).toEqual([])
})

const computed = source.replace(`'10.0.0.2' }`, `['10.0.0', 2].join('.') }`)
const throwing = `${source}if (!import.meta.filename.endsWith('/inventory.ts')) throw new Error('moved')\n`
const contradicted = `${source.replace('default {', 'default defineInventory({').replace(/}\n$/, '})')}
function defineInventory(given: { nodes: object }) {
  return { ...given, nodes: { ...given.nodes, node2: { address: '10.0.0.2' } } }
}
`

test.each([
  ['code makes it', computed, isThere, 'nodes.node2.address is computed'],
  ['it comes to something else', contradicted, isThere, 'the edited file would not say so'],
  ['it does not load', throwing, isThere, 'the edited file would not say so: '],
])('not edited, for %s: the edits are told', async (_, text, leadsTo, why) => {
  expect(await edit(text, leadsTo)).toBe('computed')
  expect(events).toEqual([
    {
      type: 'warning',
      message: expect.stringContaining(`${file} is not edited: ${why}`),
      next: [
        `make it say nodes.node2.address: '10.0.0.9' (now '10.0.0.2')`,
        'make it say nodes.node2.client.port: 2479 (not written now)',
      ],
    },
  ])
  expect(JSON.stringify(events)).not.toContain('.trial-')
  expect(questions).toEqual([])
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(readdirSync(folder)).toEqual(['inventory.ts'])
})

test('an edit that the rules refuse is none: another member has the address', async () => {
  const taken = [{ path: ['nodes', 'node2', 'address'], from: '10.0.0.2', to: '10.0.0.1' }]
  expect(await edit(source, undefined, taken)).toBe('computed')
  expect(events[0]).toMatchObject({ message: expect.stringContaining("is node1's already") })
  expect(readdirSync(folder)).toEqual(['inventory.ts'])
})

test('while it is tried nobody else may read it, and it goes also when what is asked of it fails', async () => {
  let modes: number[] = []
  const failing = (): boolean => {
    modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)
    throw new Error('no')
  }
  const looking = `import { readdirSync, statSync } from 'node:fs'
const dir = import.meta.dirname
globalThis.seenModes = readdirSync(dir).toSorted().map((name) => [name.slice(0, 17), statSync(dir + '/' + name).mode & 0o777])
${source}`
  await expect(edit(looking, failing)).rejects.toThrow('no')
  expect((globalThis as { seenModes?: unknown }).seenModes).toEqual([
    ['.inventory.trial-', 0o600],
    ['inventory.ts', 0o640],
  ])
  expect(modes).toEqual([0o640])
  expect(readdirSync(folder)).toEqual(['inventory.ts'])
})

test('not confirmed, or changed by somebody while the question stood: not written', async () => {
  answer = false
  await expect(edit(source)).rejects.toMatchObject({ exitCode: 3 })
  expect(readFileSync(file, 'utf8')).toBe(source)
  answer = true
  file = join(folder, 'other.ts')
  atQuestion = () => writeFileSync(file, `${source}// mine`)
  await expect(edit(source)).rejects.toThrow(`${file} was changed meanwhile; nothing was written`)
  expect(readFileSync(file, 'utf8')).toBe(`${source}// mine`)
})

test('bytes that are no UTF-8 would not survive: left alone', async () => {
  const text = Buffer.concat([Buffer.from(source), Buffer.from([0x2f, 0x2f, 0xe4, 0x0a])])
  expect(await edit(text as never, isThere)).toBe('computed')
  expect(events[0]).toMatchObject({ message: expect.stringContaining('it is not UTF-8') })
})

test.each([
  ['the file', (): void => chmodSync(file, 0o440)],
  ['its folder', (): void => chmodSync(folder, 0o500)],
])('not ours to write: %s', async (_, forbid) => {
  writeFileSync(file, source, { mode: 0o640 })
  forbid()
  const at = (path: string): string => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href)
  const script = `
    const { editInventoryFile } = await import(${at('cli/edit-inventory.ts')})
    const { loadInventory } = await import(${at('inventory/load.ts')})
    const cluster = await loadInventory(${JSON.stringify(file)})
    const told = []
    const session = { cluster, emit: (event) => told.push(event), ask: { confirm: async () => told.push('asked') } }
    const error = await editInventoryFile(session, ${JSON.stringify(edits)}).catch((error) => error)
    console.log(JSON.stringify({ message: error.message, next: error.next, exitCode: error.exitCode, told }))`
  const node = [process.execPath, '--input-type=module', '-e', script]
  // Root may write whatever the mode says, unless it goes without that right.
  const isRoot = process.getuid?.() === 0
  const [command = '', ...args] = isRoot
    ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', ...node]
    : node
  const { stdout } = await promisify(execFile)(command, args)
  chmodSync(folder, 0o700)
  expect(JSON.parse(stdout)).toEqual({
    message: `the inventory ${file} cannot be written by you, and this command edits it`,
    next: expect.arrayContaining([`make it say nodes.node2.address: '10.0.0.9' (now '10.0.0.2')`]) as string[],
    exitCode: 2,
    told: [],
  })
  expect(readFileSync(file, 'utf8')).toBe(source)
})
