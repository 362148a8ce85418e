import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { connectAll } from '../../../src/host/connect.ts'
import type { Connection } from '../../../src/host/host.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { FakeCluster } from './fake-cluster.ts'
import { inventoryFile, toldBy } from './local-hosts.ts'

vi.mock('../../../src/host/connect.ts')

const file = inventoryFile({ tls: { mode: 'off' } })
let fake: FakeCluster
let connects: string[]
let cuts: Map<string, () => void>

beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', mkdtempSync(join(tmpdir(), 'watch-')))
  fake = new FakeCluster(await loadInventory(file, { connects: false }))
  connects = []
  cuts = new Map()
  vi.mocked(connectAll).mockImplementation((targets) => {
    connects.push([...targets.keys()].join())
    return Promise.resolve(
      new Map([...fake.connections(targets.keys())].map(([name, made]) => [name, thatEnds(name, made)])),
    )
  })
})

function thatEnds(name: string, made: Connection): Connection {
  if (made.kind !== 'connected') return made
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  cuts.set(name, resolve)
  return { ...made, host: { ...made.host, ended } }
}

function interrupt(): void {
  setImmediate(() => process.emit('SIGINT', 'SIGINT'))
}

/** Of node2, in the order in which it was told. */
const healthIn = (stdout: string): (string | undefined)[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { members: { name: string; health: string }[] })
    .map(({ members }) => members.find(({ name }) => name === 'node2')?.health)

test('in a pipe it tells what changes and nothing else: a host that goes, and comes back; Ctrl-C answers 130', async () => {
  const node2 = fake.hosts.get('node2')
  let told = 0
  const { code, stdout, stderr } = await toldBy(['status', '-i', file, '--json', '--watch', '1s'], (all) => {
    const health = healthIn(all)
    if (health.length === told || node2 === undefined) return
    told = health.length
    if (health.at(-1) === 'unreachable') node2.answers = true
    else if (told > 1) interrupt()
    else
      // Several readings of the same first.
      setTimeout(() => {
        node2.answers = false
        cuts.get('node2')?.()
      }, 2500)
  })
  expect([code, stderr]).toEqual([130, ''])
  const health = healthIn(stdout)
  expect(health.length).toBeLessThanOrEqual(4)
  expect(health.filter((each, index) => each !== health[index - 1])).toEqual(['healthy', 'unreachable', 'healthy'])
  expect(connects[0]).toBe('node1,node2,node3')
  expect(new Set(connects.slice(1))).toEqual(new Set(['node2']))
}, 30_000)

test('by itself it connects with what it knows of refusals, and with nobody to ask', async () => {
  const { isTTY } = process.stdin
  process.stdin.isTTY = true
  let isCut = false
  await toldBy(['status', '-i', file, '--json', '--watch', '1s'], () => {
    if (!isCut) cuts.get('node2')?.()
    isCut = true
    const wait = setInterval(() => {
      if (connects.length < 2) return
      clearInterval(wait)
      interrupt()
    }, 100)
  })
  process.stdin.isTTY = isTTY
  const [first, again] = vi.mocked(connectAll).mock.calls.map(([, options]) => options)
  expect(first?.askPerson).toBeDefined()
  expect(again?.askPerson).toBeUndefined()
  expect(again?.attempts).toBeDefined()
  expect(again?.attempts).toBe(first?.attempts)
}, 30_000)

test('for people: the time, and the table', async () => {
  const { code, stdout } = await toldBy(['status', '--watch', file], interrupt)
  expect(code).toBe(130)
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT.*Z\n.*prod: 3 members/)
})

test.each(['0', '500ms', '2h', 'often', '-1s'])('--watch=%s does not say how often', async (every) => {
  const { code, stdout, stderr } = await toldBy(['status', '-i', file, `--watch=${every}`])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('1s to 1h')
  expect(connects).toEqual([])
})

test('an inventory behind --watch is an inventory', async () => {
  const { code } = await toldBy(['status', '--watch', join(dirname(file), 'missing.ts')])
  expect(code).toBe(2)
})
