import { expect, test } from 'vitest'
import type { Explained } from '../../../src/inventory/explained.ts'
import { explain } from '../../../src/inventory/explain.ts'
import { minimal, resolved } from './samples.ts'

/** By its path; `source` is the file that says `raw`. */
function explainer(raw: Record<string, unknown>, source = '', around: Parameters<typeof resolved>[1] = {}) {
  const all = explain(resolved(raw, around), raw, source)
  return (path: string): Pick<Explained, 'value' | 'from'> | undefined => {
    const found = all.filter((each) => each.path.join('.') === path)
    expect(found.length, path).toBeLessThan(2)
    return found[0] && { value: found[0].value, from: found[0].from }
  }
}

const byDefault = { kind: 'default' }
const said = (at: string, line?: number) => ({ kind: 'inventory', at, ...(line === undefined ? {} : { line }) })

test('what the inventory says, with its line', () => {
  const source = `export default {
  cluster: 'prod',
  version: '3.6.16',
  nodes: { node1: { address: '10.0.0.1' } },
}`
  const at = explainer({ cluster: 'prod', version: '3.6.16', nodes: { node1: { address: '10.0.0.1' } } }, source)
  expect(at('cluster')).toEqual({ value: 'prod', from: said('cluster', 2) })
  const address = said('nodes.node1.address', 4)
  for (const key of ['peer.address', 'peer.listen', 'client.address', 'client.listen', 'ssh.host'])
    expect(at(`nodes.node1.${key}`), key).toEqual({ value: '10.0.0.1', from: address })
  expect(at('nodes.node1.client.advertise')).toEqual({ value: ['10.0.0.1'], from: address })
})

test('defaults', () => {
  const at = explainer(minimal())
  const expected: Record<string, Explained['value']> = {
    binaries: 'official',
    'tls.mode': 'mutual',
    'tls.leafDays': 365,
    'tls.pki.dir': '/home/ana/prod/pki',
    'paths.bin': '/opt/etcd/bin',
    'paths.wal': '/var/lib/etcd/member/wal',
    'service.gomaxprocs': null,
    'ssh.concurrency': 10,
    'nodes.node2.peer.port': 2380,
    'nodes.node2.client.port': 2379,
    'nodes.node2.ssh.port': 22,
    'nodes.node2.ssh.sudo': true,
    'nodes.node2.ssh.timeouts.command': 120_000,
  }
  for (const [path, value] of Object.entries(expected)) expect(at(path), path).toEqual({ value, from: byDefault })
})

test("a node's own is told from what is said for all", () => {
  const nodes = {
    node1: { address: '10.0.0.1' },
    node2: { address: '10.0.0.2', ssh: { user: 'ana' }, settings: { 'log-level': 'debug' } },
  }
  const at = explainer(minimal({ nodes, ssh: { user: 'deploy' }, settings: { 'log-level': 'warn' } }))
  expect(at('nodes.node1.ssh.user')).toEqual({ value: 'deploy', from: said('ssh.user') })
  expect(at('nodes.node2.ssh.user')).toEqual({
    value: 'ana',
    from: { kind: 'node', at: 'nodes.node2.ssh.user' },
  })
  expect(at('nodes.node1.settings.log-level')).toEqual({ value: 'warn', from: said('settings.log-level') })
  expect(at('nodes.node2.settings.log-level')).toEqual({
    value: 'debug',
    from: { kind: 'node', at: 'nodes.node2.settings.log-level' },
  })
})

test('what comes of the machine at hand', () => {
  const at = explainer(minimal(), '', { env: { SSH_AUTH_SOCK: '/run/agent' } })
  expect(at('nodes.node1.ssh.user')).toEqual({ value: 'ana', from: { kind: 'environment', of: 'your user name' } })
  expect(at('nodes.node1.ssh.agent')).toEqual({
    value: 'SSH_AUTH_SOCK',
    from: { kind: 'environment', of: 'SSH_AUTH_SOCK' },
  })
})

test('what an OpenSSH configuration may say otherwise', () => {
  const config = '/home/ana/.ssh/config'
  const at = explainer(minimal(), '', { exists: (path) => path === config })
  for (const key of ['port', 'user', 'key', 'agent', 'jump', 'knownHosts'])
    expect(at(`nodes.node1.ssh.${key}`)?.from, key).toEqual({ kind: 'default', unless: config })
  expect(at('nodes.node1.ssh.sudo')?.from).toEqual(byDefault)
  const around = { exists: (path: string) => path === config, env: { SSH_AUTH_SOCK: '/run/agent' } }
  const agent = explainer(minimal(), '', around)('nodes.node1.ssh.agent')
  expect(agent).toEqual({ value: 'SSH_AUTH_SOCK', from: { kind: 'environment', of: 'SSH_AUTH_SOCK', unless: config } })
})

test('what is read from the environment by the file itself', () => {
  const source = `export default { cluster: process.env.SITE, version: '3.6.16', nodes: {} }`
  expect(explainer(minimal(), source)('cluster')?.from).toEqual({ ...said('cluster', 1), variables: ['SITE'] })
})

test('one word may say several places', () => {
  const at = explainer(minimal({ paths: '/usr/local/etcd' }))
  expect(at('paths.config')).toEqual({ value: '/usr/local/etcd/config', from: said('paths') })
  expect(at('paths.wal')).toEqual({ value: '/usr/local/etcd/data/member/wal', from: byDefault })
  const installed = explainer(minimal({ paths: { data: '/data' }, binaries: { installed: '/usr/bin' } }))
  expect(installed('paths.bin')).toEqual({ value: '/usr/bin', from: said('binaries.installed') })
  expect(installed('paths.config')?.from).toEqual(byDefault)
  expect(installed('paths.data')?.from).toEqual(said('paths.data'))
})

test('a client is as tls says where it says nothing', () => {
  const clients = { app: { cn: 'app', country: 'DE' } }
  const at = explainer(minimal({ tls: { leafDays: 30, subject: { organization: 'Example', country: 'AT' }, clients } }))
  expect(at('tls.clients.app.days')).toEqual({ value: 30, from: said('tls.leafDays') })
  expect(at('tls.clients.app.organization')).toEqual({ value: 'Example', from: said('tls.subject.organization') })
  expect(at('tls.clients.app.country')).toEqual({ value: 'DE', from: said('tls.clients.app.country') })
})

test('without TLS nothing else of it is told', () => {
  const raw = minimal({ tls: { mode: 'off' } })
  const all = explain(resolved(raw), raw, '').filter(({ path }) => path[0] === 'tls')
  expect(all.map(({ path }) => path.join('.'))).toEqual(['tls.mode'])
})

test('of secrets only where they are', () => {
  const ssh = {
    password: 'prompt',
    passphrase: { file: 'phrase' },
    sudo: { password: { env: 'SUDO_PASSWORD' } },
    jump: { host: 'fd00::1', port: 2222, user: 'hop', password: { env: 'HOP_PASSWORD' } },
  }
  const env = { SUDO_PASSWORD: 'hunter2', HOP_PASSWORD: 'hunter3' }
  const raw = minimal({ ssh, tls: { pki: { passphrase: { env: 'SUDO_PASSWORD' } } } })
  const at = explainer(raw, '', { env })
  expect(at('nodes.node1.ssh.password')?.value).toBe('asked for')
  expect(at('nodes.node1.ssh.passphrase')?.value).toBe('file /home/ana/prod/phrase')
  expect(at('nodes.node1.ssh.sudo')?.value).toBe('with a password: environment variable SUDO_PASSWORD')
  expect(at('nodes.node1.ssh.jump')?.value).toEqual(['hop@[fd00::1]:2222'])
  expect(at('tls.pki.passphrase')?.value).toBe('environment variable SUDO_PASSWORD')
  expect(JSON.stringify(explain(resolved(raw, { env }), raw, ''))).not.toMatch(/hunter/)
})
