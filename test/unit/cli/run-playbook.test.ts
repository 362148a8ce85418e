import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { runPlaybook } from '../../../src/cli/run-playbook.ts'
import type { RunEvent } from '../../../src/engine/events.ts'
import { connectAll } from '../../../src/host/connect.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { FakeCluster } from './fake-cluster.ts'

vi.mock('../../../src/host/connect.ts')

const chrony = fileURLToPath(new URL('../../../docs/examples/chrony.ts', import.meta.url))
const dropIn = '/etc/chrony/conf.d/etcd-deploy.conf'
let folder: string
let inventory: string
let fake: FakeCluster
let told = { stdout: '', stderr: '' }
/** Hosts on which chrony is not installed, or has no folder. */
let lacking: Map<string, 'chronyd' | 'folder'>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-run-'))
  inventory = join(folder, 'inventory.ts')
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'))
  told = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => ((told[stream] += String(text)), true))
  const nodes = { node1: { address: '10.0.0.1' }, node2: { address: '10.0.0.2' } }
  const raw = { cluster: 'prod', version: '3.6.16', nodes, tls: { mode: 'off' }, binaries: { installed: '/usr/bin' } }
  writeFileSync(inventory, `export default ${JSON.stringify(raw)}\n`)
  fake = new FakeCluster(await loadInventory(inventory, { connects: false }))
  lacking = new Map()
  fake.prints = (name, { text, files = [] }) => {
    if (!text.includes('/etc/chrony.d') || files.length > 0) return undefined
    const lack = lacking.get(name)
    const there = [lack === 'chronyd' ? '' : 'chronyd\n', lack === 'folder' ? '' : 'folder /etc/chrony/conf.d\n']
    return `${there.join('')}--\n${fake.hosts.get(name)?.files.get(dropIn)?.text ?? ''}`
  }
  vi.mocked(connectAll).mockImplementation(async (targets) => fake.connections(targets.keys()))
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function events(): RunEvent[] {
  return told.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent)
}

const json = () => ({ inventory, json: true as const })

describe('the example of docs/', () => {
  test('is made on every host, and a second time nothing is', async () => {
    expect(await runPlaybook(chrony, json()), told.stdout).toBe(0)
    expect(fake.done).toEqual(['node1: write etcd-deploy.conf', 'node2: write etcd-deploy.conf'])
    expect(fake.hosts.get('node2')?.files.get(dropIn)?.text).toMatch(/^server 0\.pool\.ntp\.org iburst$/m)
    expect(events().find(({ type }) => type === 'run-begin')).toMatchObject({ command: 'run chrony' })
    expect(events().map(({ type }) => type)).toContain('lock-taken')

    told.stdout = ''
    expect(await runPlaybook(chrony, json())).toBe(0)
    expect(fake.done).toHaveLength(2)
    expect(events().map(({ type }) => type)).not.toContain('wave')
  })

  test('--dry-run shows it and does nothing', async () => {
    expect(await runPlaybook(chrony, { ...json(), dryRun: true })).toBe(0)
    const plan = events().find((event) => (event.type as string) === 'plan') as unknown
    expect(plan).toMatchObject({ cluster: 'prod', waves: [[{ host: 'node1', why: 'missing' }, { host: 'node2' }]] })
    expect(fake.done).toEqual([])
  })

  test('--on changes some hosts alone', async () => {
    expect(await runPlaybook(chrony, { ...json(), on: 'node2' })).toBe(0)
    expect(fake.done).toEqual(['node2: write etcd-deploy.conf'])
  })

  test('says what is missing, and does the rest', async () => {
    lacking = new Map([['node1', 'chronyd']])
    expect(await runPlaybook(chrony, json())).toBe(0)
    const warnings = events().filter((event) => event.type === 'warning' && event.host !== undefined)
    expect(warnings).toEqual([expect.objectContaining({ host: 'node1', message: 'chrony is not installed' })])
    expect(fake.done).toEqual(['node2: write etcd-deploy.conf'])
    lacking = new Map([['node2', 'folder']])
    expect(await runPlaybook(chrony, json())).toBe(0)
    expect(told.stdout).toContain('chrony reads no folder of drop-ins')
  })

  test('a host that does not answer keeps it from the others', async () => {
    const [, node2] = [...fake.hosts.values()]
    if (node2 !== undefined) node2.answers = false
    expect(await runPlaybook(chrony, json())).toBe(1)
    expect(fake.done).toEqual([])
  })
})

describe('one that is wrong', () => {
  /** In a file of its own each: a process loads each but once. */
  let files = 0
  function written(text: string): string {
    const file = join(folder, `playbook${++files}.ts`)
    writeFileSync(file, `import { definePlaybook, stage, type Change, type Seen } from 'etcd-deploy'\n${text}`)
    return file
  }
  const withNext = (next: string, about = 'hosts'): string =>
    written(`export default definePlaybook({ name: 'mine', about: '${about}', stages: [
      stage('so', [{ name: 'it', next: ${next} }]),
    ] })`)

  test.each<[string, RegExp]>([
    ['export const mine = 1', /has no default export/],
    ['export default () => ({})', /is a function: export what it answers/],
    [`export default { name: 'mine', steps: [] }`, /has 2 problems/],
    [`throw new Error('no')\nexport default {}`, /the playbook throws: no/],
    [`import { z } from './gone'\nexport default { z }`, /playbook\d+\.ts.*: Cannot find module/],
  ])('%s: exit 2, before any host is asked', async (text, message) => {
    expect(await runPlaybook(written(text), { inventory })).toBe(2)
    expect(told.stderr).toMatch(message)
    expect(connectAll).not.toHaveBeenCalled()
  })

  test.each([
    ['gone.ts', /there is no file/],
    ['.', /is no playbook: a TypeScript or JavaScript file/],
  ])('%s: exit 2', async (name, message) => {
    expect(await runPlaybook(join(folder, name), { inventory })).toBe(2)
    expect(told.stderr).toMatch(message)
  })

  const whole = `{ host: 'node1', what: 'w', why: 'y', script: { text: ':' }, timeoutMs: 1, predict: (seen: Seen) => seen }`
  test.each<[string, string, RegExp, number]>([
    ['throws', `() => { throw new TypeError('oops') }`, /step it: next throws: oops/, 1],
    ['answers a promise', `async () => [] as never`, /step it: next answers a promise, and has to answer a list/, 2],
    ['answers nothing', `() => undefined as never`, /next answers undefined/, 2],
    ['names no host', `() => [{ ...${whole}, host: 'node9' }]`, /has as host "node9"; hosts are node1, node2/, 2],
    ['has no reason', `() => [{ ...${whole}, why: '' }]`, /a change of node1 has no why, which people read/, 2],
    ['has no script', `() => [{ ...${whole}, script: 'ls' } as never]`, /of node1 has no script with a text/, 2],
    [
      'has numbers as args',
      `() => [{ ...${whole}, script: { text: ':', args: [1] } } as never]`,
      /no list of texts/,
      2,
    ],
    ['has no deadline', `() => [{ ...${whole}, timeoutMs: undefined } as never]`, /of node1 has no timeoutMs/, 2],
    ['predicts nothing', `() => [{ ...${whole}, predict: undefined } as never]`, /of node1 has no predict/, 2],
    ['takes down nobody', `() => [{ ...${whole}, takesDown: 'x' }]`, /takes down "x", which is no member/, 2],
  ])('a step whose next %s: nothing is changed', async (_, next, message, code) => {
    expect(await runPlaybook(withNext(next), { inventory })).toBe(code)
    expect(told.stderr).toMatch(message)
    expect(fake.done).toEqual([])
  })

  test('a change that never does what it should ends the run', async () => {
    expect(await runPlaybook(withNext(`() => [${whole}]`), { inventory })).toBe(1)
    expect(told.stderr).toMatch(/w: made twice, and still not so/)
    expect(await runPlaybook(withNext(`() => [${whole}]`), { inventory, dryRun: true })).toBe(1)
    expect(told.stderr).toMatch(/w on node1 is planned again and again/)
  })

  test('the guard stands before a member is taken down, also for a step of your own', async () => {
    const down = withNext(`() => [{ ...${whole}, takesDown: 'node1' }]`)
    expect(await runPlaybook(down, { inventory })).toBe(3)
    expect(told.stderr).toMatch(/node1 is needed for quorum/)
    expect(fake.done).toEqual([])
  })
})
