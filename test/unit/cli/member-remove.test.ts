import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { memberRemove } from '../../../src/cli/member-remove.ts'
import { status } from '../../../src/cli/status.ts'
import { up } from '../../../src/cli/up.ts'
import { connectAll } from '../../../src/host/connect.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import { leafRequest } from '../pki/samples.ts'
import { FakeCluster } from './fake-cluster.ts'

vi.mock('../../../src/host/connect.ts')

const node = (n: number): string => `    node${n}: { address: '10.0.0.${n}' },\n`
const inventory = (nodes: string): string => `export default {
  cluster: 'prod',
  version: '3.6.16',
  tls: { mode: 'off' },
  binaries: { installed: '/usr/bin' },
  nodes: {
${nodes}  },
}
`
const [three, two] = [inventory(node(1) + node(2) + node(3)), inventory(node(1) + node(2))]
let folder: string
let file: string
let fake: FakeCluster
let stdout: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'member-remove-'))
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'))
  stdout = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  await says(three)
  const cluster = await loadInventory(file, { connects: false })
  fake = new FakeCluster(cluster)
  vi.mocked(connectAll).mockImplementation(async (targets) => fake.connections(targets.keys()))
  const pki = await createPki(
    join(folder, 'pki'),
    'prod',
    { key: 'ecdsa-p256', subject: {}, caYears: 1, leafDays: 9 },
    new Date(),
  )
  await pki.rememberFormed({ clusterId: 'cc', token: 't', formedAt: new Date() })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

let files = 0

/** In a file of its own: a process loads each but once. */
async function says(text: string): Promise<void> {
  file = join(folder, `inventory${++files}.ts`)
  writeFileSync(file, text)
}

async function remove(name: string, more: object = {}) {
  stdout = ''
  const done = fake.done.length
  const code = await memberRemove(name, { inventory: file, json: true, yes: true, snapshot: false, ...more })
  // As the next process would find it.
  const left = readFileSync(file, 'utf8')
  await says(left)
  return { code, done: fake.done.slice(done), told: stdout }
}

const recordFile = (): string => join(folder, '.etcd-deploy', 'prod.operation.json')
const noted = async () => (await openPki(join(folder, 'pki'), 'prod'))?.left.map((left) => left.node.name)
async function toldByStatus(): Promise<{ host: string | null; message: string }[]> {
  stdout = ''
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  await status({ inventory: file, json: true })
  return (JSON.parse(stdout) as { warnings: { host: string | null; message: string }[] }).warnings
}

const clearing = ['node3: disable', 'node3: set aside', 'node3: remove files']

test('it leaves, its host is cleared, and nothing is remembered', async () => {
  const { code, done, told } = await remove('node3')
  expect(code, told).toBe(0)
  expect(done.filter((change) => !/write (etcdctl|operation)/.test(change))).toEqual([
    'node1: remove node3',
    ...clearing,
  ])
  expect(done).toContain('node2: write etcdctl')
  expect(readFileSync(file, 'utf8')).toBe(two)
  expect(existsSync(recordFile())).toBe(false)
  expect(await noted()).toEqual([])
  // Not even an empty folder: nothing was written there after it was cleared.
  expect([...(fake.hosts.get('node3')?.files.keys() ?? [])]).toEqual(['/var/lib/etcd/member.2026-11-21T120000Z'])
  expect(told).toContain('node3: its data was set aside as /var/lib/etcd/member.2026-11-21T120000Z')
})

test('one that has left is no mistake; one that never was is', async () => {
  fake.members = ['node1', 'node2']
  await says(two)
  const pki = await openPki(join(folder, 'pki'), 'prod')
  await pki?.issue([{ ...leafRequest({ kind: 'peer' }), name: 'node3' }])
  const gone = await remove('node3')
  expect([gone.code, gone.done]).toEqual([0, []])
  expect(gone.told).toContain('node3 is no member any more')
  const never = await remove('node22')
  expect(never.code).toBe(2)
  expect(never.told).toContain('did you mean node2?')
})

const deaths = ['node1: write operation.json', 'node1: remove node3', ...clearing, 'node1: write etcdctl']

test.each(deaths)('broken off before "%s": the same command finishes', async (last) => {
  fake.before = (change) => {
    if (change === last) throw new Error('killed')
  }
  expect((await remove('node3')).code).toBe(1)
  expect(readFileSync(file, 'utf8')).toBe(two)
  expect(existsSync(recordFile())).toBe(true)
  fake.before = () => {}
  const { code, told } = await remove('node3')
  expect(code, told).toBe(0)
  expect(fake.members).toEqual(['node1', 'node2'])
  expect(fake.done.filter((change) => change === 'node1: remove node3')).toHaveLength(1)
  expect(fake.hosts.get('node3')).toMatchObject({ enabled: false, runs: false })
  expect(existsSync(recordFile())).toBe(false)
  expect(await noted()).toEqual([])
})

test('while it is unfinished nothing else is removed', async () => {
  fake.before = (change) => {
    if (change === 'node1: remove node3') throw new Error('killed')
  }
  await remove('node3')
  fake.before = () => {}
  const { code, done } = await remove('node2')
  expect([code, done]).toEqual([3, []])
})

test('its host is away: it leaves, and is cleared once it answers', async () => {
  const host = fake.hosts.get('node3') ?? expect.fail()
  host.answers = false
  const first = await remove('node3')
  expect(first.code, first.told).toBe(0)
  expect(first.told).toContain('systemctl disable --now etcd.service')
  expect(fake.members).toEqual(['node1', 'node2'])
  expect(existsSync(recordFile())).toBe(false)
  expect(await noted()).toEqual(['node3'])
  expect(await toldByStatus()).toContainEqual(
    expect.objectContaining({ host: 'node3', message: expect.stringContaining('its host is still to be cleared') }),
  )
  const still = await remove('node3')
  expect([still.code, still.done], still.told).toEqual([1, []])
  expect(existsSync(recordFile())).toBe(false)
  host.answers = true
  const again = await remove('node3', { yes: undefined })
  expect(again.code, again.told).toBe(0)
  expect(again.done.filter((change) => change.startsWith('node3'))).toEqual(clearing)
  expect(await noted()).toEqual([])
  expect((await toldByStatus()).filter(({ host: of }) => of === 'node3')).toEqual([])
})

test('taken out of the inventory by hand: it leaves, and its host is for whoever knows it', async () => {
  await says(two)
  expect((await remove('node3', { yes: undefined })).code).toBe(3)
  expect(fake.members).toContain('node3')
  expect(existsSync(recordFile())).toBe(false)
  const { code, done, told } = await remove('node3')
  expect(code, told).toBe(0)
  expect(fake.members).toEqual(['node1', 'node2'])
  expect(done.filter((change) => change.startsWith('node3'))).toEqual([])
  expect(told).toContain('nobody knows how to reach its host')
  expect(await noted()).toEqual([])
})

test('code makes the list of nodes: it leaves, and the operation stays open until the inventory says so', async () => {
  const nodes = `const nodes = Object.fromEntries([1, 2, 3].map((n) => ['node' + n, { address: '10.0.0.' + n }]))\n`
  await says(nodes + three.replace(/nodes: \{[^]*?\n {2}\},/, 'nodes,'))
  const { code, told } = await remove('node3')
  expect(code, told).toBe(0)
  expect(told).toContain('take nodes.node3 out of it')
  expect(fake.members).toEqual(['node1', 'node2'])
  expect(existsSync(recordFile())).toBe(true)
  await says(two)
  const again = await remove('node3')
  expect(again.code, again.told).toBe(0)
  expect(existsSync(recordFile())).toBe(false)
})

test('refused before anything is written: too few others, the last one', async () => {
  Object.assign(fake.hosts.get('node2') ?? {}, { runs: false })
  const few = await remove('node1')
  expect([few.code, few.done]).toEqual([3, []])
  expect(few.told).toContain('the others must have 2 healthy, 1 are (not healthy: node2)')
  expect(readFileSync(file, 'utf8')).toBe(three)
  expect(await noted()).toEqual([])
  fake.members = ['node1']
  await says(inventory(node(1)))
  const last = await remove('node1')
  expect([last.code, last.done]).toEqual([3, []])
  expect(last.told).toContain('etcd-deploy down')
})

test('two were taken out by hand, and one was put in: up tells the order; whom nobody can ask counts for nothing', async () => {
  await says(inventory(node(1) + node(4)))
  fake.hosts.set('node4', { files: new Map(), runs: false, enabled: false, answers: true })
  expect(await up({ inventory: file, json: true })).toBe(3)
  expect(stdout).toMatch(/member remove node2[^]*member remove node3[^]*member add node4/)
  const blind = await remove('node2')
  expect([blind.code, blind.done]).toEqual([3, []])
  expect(blind.told).toContain('how node3 is nobody can tell: put it back into the inventory until it is removed')
  await says(inventory(node(1) + node(3) + node(4)))
  for (const name of ['node2', 'node3']) {
    const { code, told } = await remove(name)
    expect(code, told).toBe(0)
  }
  expect(fake.members).toEqual(['node1'])
  expect(readFileSync(file, 'utf8')).toBe(inventory(node(1) + node(4)))
})
