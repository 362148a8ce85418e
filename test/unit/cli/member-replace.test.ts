import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { memberReplace } from '../../../src/cli/member-replace.ts'
import { connectAll } from '../../../src/host/connect.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { FakeCluster } from './fake-cluster.ts'

vi.mock('../../../src/host/connect.ts')

const inventory = `export default {
  cluster: 'prod',
  version: '3.6.16',
  tls: { mode: 'off' },
  binaries: { installed: '/usr/bin' },
  nodes: {
    node1: { address: '10.0.0.1' },
    node2: { address: '10.0.0.2' },
    node3: { address: '10.0.0.3' },
  },
}
`
let folder: string
let file: string
let fake: FakeCluster
let stdout: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'member-replace-'))
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'))
  stdout = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  file = join(folder, 'inventory.ts')
  writeFileSync(file, inventory)
  fake = new FakeCluster(await loadInventory(file, { connects: false }))
  vi.mocked(connectAll).mockImplementation(async (targets) => fake.connections(targets.keys()))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('a new host that does not answer is told before anything is written, here or there', async () => {
  fake.hosts.get('node3')!.answers = false
  const code = await memberReplace('node3', {
    inventory: file,
    json: true,
    yes: true,
    snapshot: false,
    with: '10.0.0.9',
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/"host":"node3"[^\n]*cannot be reached|cannot be reached[^\n]*"host":"node3"/)
  expect(stdout).toContain('10.0.0.9')
  expect(fake.done).toEqual([])
  expect(fake.members).toContain('node3')
  expect(readFileSync(file, 'utf8')).toBe(inventory)
  expect(existsSync(join(folder, '.etcd-deploy', 'prod.operation.json'))).toBe(false)
})
