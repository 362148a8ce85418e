import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { up } from '../../../src/cli/up.ts'

let folder: string
let stdout = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-on-'))
  vi.stubEnv('XDG_STATE_HOME', folder)
  const nodes = { node1: { address: '127.0.0.1' }, node2: { address: '127.0.0.2' }, node3: { address: '127.0.0.3' } }
  const ssh = { key: join(folder, 'key'), agent: false, config: false }
  const inventory = { cluster: 'prod', version: '3.6.16', nodes, ssh, binaries: { installed: '/usr/bin' } }
  writeFileSync(join(folder, 'key'), '')
  writeFileSync(join(folder, 'inventory.ts'), `export default ${JSON.stringify(inventory)}\n`)
  stdout = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true))
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

test.each([
  ['nod2', 'did you mean node2?'],
  ['node1,db', 'nodes are node1, node2, node3'],
  ['', 'nodes are node1, node2, node3'],
])('--on %j names no node: exit code 2, before any host is asked', async (on, next) => {
  expect(await up({ inventory: join(folder, 'inventory.ts'), on, json: true })).toBe(2)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(events.map(({ type }) => type)).toEqual(['error', 'run-end'])
  expect(events[0]).toMatchObject({ error: { message: expect.stringContaining('--on'), next: [next], exitCode: 2 } })
})
