import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { InitOptions } from '../../../src/cli/init-answers.ts'
import { init } from '../../../src/cli/init.ts'
import { tryHosts } from '../../../src/cli/try-hosts.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { Secret } from '../../../src/secret.ts'
import { factorServer, hostKey, nobodyThere } from '../host/ssh-server.ts'
import { minimal, resolved } from '../inventory/samples.ts'

let folder: string
let told = { stdout: '', stderr: '' }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-init-'))
  told = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => ((told[stream] += String(text)), true))
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

const nodes = 'node1=10.0.0.1 node2=10.0.0.2 node3=10.0.0.3'

function initHere(options: Partial<InitOptions> = {}, name = 'inventory.ts'): Promise<number> {
  const inventory = join(folder, name)
  return init({ inventory, cluster: 'prod', etcd: '3.6.16', nodes, try: false, ...options }, '1.2.3')
}

function contentOf(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

test('an inventory that a person can read, and that loads', async () => {
  expect(await initHere({ user: 'deploy', sudo: 'prompt', tls: 'mutual' })).toBe(0)
  expect(contentOf('inventory.ts')).toBe(`import { defineInventory } from 'etcd-deploy'

// \`etcd-deploy inventory\` shows what it comes to with all defaults, \`etcd-deploy plan\` what \`up\` would do.
export default defineInventory({
  cluster: 'prod',
  version: '3.6.16',
  nodes: {
    node1: { address: '10.0.0.1' },
    node2: { address: '10.0.0.2' },
    node3: { address: '10.0.0.3' },
  },
  ssh: { user: 'deploy', sudo: { password: 'prompt' } },
  tls: { mode: 'mutual' },
})
`)
  const cluster = await loadInventory(join(folder, 'inventory.ts'), { connects: false })
  expect(cluster.nodes.map(({ name, ssh }) => `${name} ${ssh.user}@${ssh.host}`)).toEqual([
    'node1 deploy@10.0.0.1',
    'node2 deploy@10.0.0.2',
    'node3 deploy@10.0.0.3',
  ])
  expect(told.stdout).toBe('')
  expect(readdirSync(folder).toSorted()).toEqual(['inventory.ts', 'package.json'])
})

test.each(["o'neil", '\\', '${process.exit()}', "'}),process.exit(),({'"])(
  'values are text, whatever they hold: %s',
  async (user) => {
    expect(await initHere({ user })).toBe(0)
    const cluster = await loadInventory(join(folder, 'inventory.ts'), { connects: false })
    expect(cluster.nodes[0]?.ssh.user).toBe(user)
  },
)

test('a file that is there stays, and nobody is asked anything: exit 2', async () => {
  writeFileSync(join(folder, 'inventory.ts'), 'mine')
  expect(await init({ inventory: join(folder, 'inventory.ts') }, '1.2.3')).toBe(2)
  expect(told.stderr).toMatch(/inventory\.ts is there already, and is not written over/)
  expect(contentOf('inventory.ts')).toBe('mine')
  expect(readdirSync(folder)).toEqual(['inventory.ts'])
})

test.each([
  ['inventory.yaml', /can be no inventory/],
  ['gone/inventory.ts', /there is no folder/],
])('%s: exit 2', async (name, message) => {
  expect(await initHere({}, name)).toBe(2)
  expect(told.stderr).toMatch(message)
  expect(readdirSync(folder)).toEqual([])
})

test('without a terminal the flags that are missing are named: exit 2, and for programs on stdout', async () => {
  expect(await init({ inventory: join(folder, 'inventory.ts'), etcd: '3.6.16', json: true }, '1.2.3')).toBe(2)
  expect(JSON.parse(told.stdout)).toMatchObject({
    type: 'error',
    error: { exitCode: 2, message: expect.stringMatching(/^--cluster, --nodes are missing/) as string },
  })
  expect(readdirSync(folder)).toEqual([])
})

test('a package.json comes beside it, so that the editor completes', async () => {
  expect(await initHere({ json: true })).toBe(0)
  expect(JSON.parse(contentOf('package.json'))).toEqual({
    private: true,
    type: 'module',
    devDependencies: { 'etcd-deploy': '^1.2.3' },
  })
  expect(JSON.parse(told.stdout)).toEqual({
    v: 1,
    type: 'init',
    cluster: 'prod',
    file: join(folder, 'inventory.ts'),
    hosts: null,
    package: { file: join(folder, 'package.json'), etcdDeploy: 'written' },
  })
})

test('one that is there is not touched: what it lacks is told', async () => {
  writeFileSync(join(folder, 'package.json'), '{"name":"site" }')
  expect(await initHere()).toBe(0)
  expect(contentOf('package.json')).toBe('{"name":"site" }')
  expect(told.stderr).toContain('package.json has "devDependencies": {"etcd-deploy":"^1.2.3"}')
})

test.each(['{"dependencies":{"etcd-deploy":"*"}}', '{"devDependencies":{"etcd-deploy":"file:x.tgz"}}'])(
  'one that has it, in the same repository, is enough: %s',
  async (content) => {
    mkdirSync(join(folder, '.git'))
    mkdirSync(join(folder, 'etcd'))
    writeFileSync(join(folder, 'package.json'), content)
    expect(await initHere({}, 'etcd/inventory.ts')).toBe(0)
    expect(existsSync(join(folder, 'etcd/package.json'))).toBe(false)
    expect(told.stderr).not.toContain('editor')
  },
)

test('next it says how to go on, with the name of another file', async () => {
  expect(await initHere({}, 'dr.ts')).toBe(0)
  expect(told.stderr).toContain('next: etcd-deploy plan -i dr.ts, then etcd-deploy up -i dr.ts')
})

test('a host that nobody answers at is told, with what to do', async () => {
  const { host, port } = await nobodyThere()
  const cluster = resolved(minimal({ nodes: { node1: { address: '10.0.0.1', ssh: { host, port, key: [] } } } }))
  const { ready, problems } = await tryHosts(cluster, {
    options: {},
    ask: { confirm: fail, typed: fail, text: fail, secret: fail },
    reveal: () => Promise.resolve(new Secret('')),
    signal: AbortSignal.timeout(20_000),
    tell: () => {},
  })
  expect(ready).toEqual([])
  expect(problems).toEqual([expect.objectContaining({ host: 'node1', message: expect.stringContaining('refused') })])
})

test('a second factor is asked of a person, with the host that wants it', async () => {
  const user = ssh2.utils.generateKeyPairSync('ed25519')
  writeFileSync(join(folder, 'key'), user.private, { mode: 0o600 })
  const { target, factors } = await factorServer(hostKey(), user.public)
  const { host, port } = target
  const ssh = { host, port, user: 'root', key: join(folder, 'key'), agent: false, knownHosts: join(folder, 'known') }
  const cluster = resolved(minimal({ nodes: { node1: { address: '10.0.0.1', ssh } } }))
  const asked: string[] = []
  const { isTTY } = process.stdin
  process.stdin.isTTY = true
  onTestFinished(() => void (process.stdin.isTTY = isTTY))
  await tryHosts(cluster, {
    options: {},
    ask: {
      confirm: () => Promise.resolve(true),
      typed: fail,
      text: fail,
      secret: (label) => (asked.push(label), Promise.resolve(new Secret('123456'))),
    },
    reveal: fail,
    signal: AbortSignal.timeout(20_000),
    tell: () => {},
  })
  expect(asked).toEqual(['node1: Verification code'])
  expect(factors).toEqual(['publickey', 'keyboard-interactive 123456'])
})

test('where hosts are tried and are not ready, nothing is written', async () => {
  // Nobody can log in there, whether an sshd listens or not.
  const options = { nodes: '127.0.0.1', user: 'etcd-deploy-nobody', key: join(folder, 'key'), try: true }
  writeFileSync(options.key, '')
  expect([1, 3]).toContain(await initHere(options))
  expect(told.stderr).toContain('nothing was written; --no-try writes the inventory all the same')
  expect(readdirSync(folder)).toEqual(['key'])
})

function fail(): Promise<never> {
  throw new Error('nobody is to be asked')
}
