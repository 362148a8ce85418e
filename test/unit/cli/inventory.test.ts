import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inventory } from '../../../src/cli/inventory.ts'

let folder: string
let told = { stdout: '', stderr: '' }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-inventory-'))
  told = { stdout: '', stderr: '' }
  vi.stubEnv('NO_COLOR', '1')
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => ((told[stream] += String(text)), true))
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** Its keys are not on this machine: nobody logs in. */
function written(nodes: string, ssh = `{ user: 'deploy', key: 'gone', agent: false, config: false }`): string {
  const file = join(folder, 'inventory.ts')
  writeFileSync(
    file,
    `export default {\n  cluster: 'prod',\n  version: '3.6.16',\n  nodes: ${nodes},\n  ssh: ${ssh},\n}\n`,
  )
  return file
}

const two = `{ a: { address: '10.0.0.1' }, b: { address: '10.0.0.2', client: { port: 12379 } } }`

test('for people: what all nodes share once, then each, every value with its origin', async () => {
  expect(await inventory({ inventory: written(two) })).toBe(0)
  const sections = told.stdout.split('\n\n')
  expect(sections.map((section) => section.split('\n')[0])).toEqual([
    `prod on etcd 3.6.16, 2 members: ${join(folder, 'inventory.ts')}`,
    'the cluster',
    'every node',
    'a',
    'b',
  ])
  const [, cluster, every, a, b] = sections
  expect(cluster).toMatch(/^cluster +prod +inventory\.ts:2$/m)
  expect(every).toMatch(/^ssh\.user +deploy +inventory\.ts:5$/m)
  expect(every).toMatch(/^peer\.port +2380 +default$/m)
  expect(every).not.toMatch(/^client\.port/m)
  expect(a).toMatch(/^client\.port +2379 +default$/m)
  expect(b).toMatch(/^client\.port +12379 +inventory\.ts:4$/m)
  expect(b).toMatch(/^peer\.address +10\.0\.0\.2 +inventory\.ts:4, nodes\.b\.address$/m)
  expect(told.stderr).toMatch(/^! 2 members survive/)
})

test('what the OpenSSH configuration may say otherwise is told as such', async () => {
  vi.stubEnv('SSH_AUTH_SOCK', '/run/agent')
  writeFileSync(join(folder, 'config'), '')
  expect(await inventory({ inventory: written(two, `{ user: 'deploy', key: 'gone', config: './config' }`) })).toBe(0)
  const unless = `unless ${join(folder, 'config')} has it`
  expect(told.stdout).toContain(`environment: SSH_AUTH_SOCK, ${unless}\n`)
  expect(told.stdout).toMatch(new RegExp(`^ssh\\.knownHosts .* default, ${unless}$`, 'm'))
})

test('for programs: one object, and the warnings in it', async () => {
  expect(await inventory({ inventory: written(two), json: true })).toBe(0)
  expect(JSON.parse(told.stdout)).toMatchObject({
    v: 1,
    type: 'inventory',
    cluster: 'prod',
    file: join(folder, 'inventory.ts'),
    warnings: [expect.stringContaining('2 members')],
    values: expect.arrayContaining([
      {
        path: ['nodes', 'b', 'client', 'port'],
        value: 12379,
        from: { kind: 'inventory', at: 'nodes.b.client.port', line: 4 },
      },
    ]) as unknown,
  })
  expect(told.stderr).toBe('')
})

test('one that is wrong is refused as everywhere', async () => {
  expect(await inventory({ inventory: written(`{ a: { adress: '10.0.0.1' } }`) })).toBe(2)
  expect(told.stderr).toContain('inventory.ts:4: nodes.a.adress: unknown key; did you mean address?')
  expect(told.stdout).toBe('')
})
