import { describe, expect, test } from 'vitest'
import type { SshTarget } from '../../../src/inventory/model.ts'
import type { Surroundings } from '../../../src/inventory/ssh.ts'
import { minimal, resolved, withNode } from './samples.ts'

const second = (node: Record<string, unknown>, parts: Record<string, unknown> = {}) => {
  const found = resolved(withNode(node, parts)).nodes.find(({ name }) => name === 'node2')
  if (found === undefined) throw new Error('no node2')
  return found
}
const ssh = (options: Record<string, unknown>, around: Partial<Surroundings> = {}): SshTarget => {
  const [node] = resolved(minimal({ ssh: options, nodes: { node1: { address: '10.0.0.1' } } }), around).nodes
  if (node === undefined) throw new Error('no node')
  return node.ssh
}

test('the least inventory gets every default', () => {
  const cluster = resolved(minimal())
  expect(cluster).toMatchObject({
    name: 'prod',
    version: '3.6.16',
    binaries: { kind: 'official' },
    tls: {
      mode: 'mutual',
      key: 'ecdsa-p256',
      subject: {},
      sans: [],
      certificates: 'each',
      leafDays: 365,
      caYears: 10,
      clients: {},
    },
    paths: { bin: '/opt/etcd/bin', config: '/etc/etcd', data: '/var/lib/etcd' },
    service: { name: 'etcd', user: 'etcd', group: 'etcd', adminGroup: 'etcd-admin', dropIn: [] },
    pki: { dir: '/home/ana/prod/pki' },
    concurrency: 10,
    timeouts: { connectMs: 20_000, commandMs: 120_000, startMs: 300_000 },
    file: '/home/ana/prod/inventory.ts',
    warnings: [],
  })
  expect(cluster.paths).not.toHaveProperty('wal')
  expect(cluster.nodes.map(({ name }) => name)).toEqual(['node1', 'node2', 'node3'])
})

describe('endpoints', () => {
  test('an address is listened on, dialled and advertised', () => {
    expect(second({ address: '10.0.0.2' })).toMatchObject({
      peer: { address: '10.0.0.2', port: 2380, listen: '10.0.0.2' },
      client: { address: '10.0.0.2', port: 2379, listen: '10.0.0.2', advertise: ['10.0.0.2'] },
    })
  })

  test('a name is dialled; listened is on all addresses', () => {
    expect(second({ address: 'Node2.example.com' })).toMatchObject({
      peer: { address: 'node2.example.com', listen: '0.0.0.0' },
      client: { address: 'node2.example.com', listen: '0.0.0.0', advertise: ['node2.example.com'] },
    })
  })

  test('networks may differ, and a name be advertised', () => {
    const peer = { address: '192.168.1.2', port: 12380 }
    const client = { address: 'FD00:0::2', port: 12379, listen: '::', advertise: 'etcd2.example.com' }
    expect(second({ peer, client })).toMatchObject({
      peer: { address: '192.168.1.2', port: 12380, listen: '192.168.1.2' },
      client: { address: 'fd00::2', port: 12379, listen: '::', advertise: ['etcd2.example.com'] },
      ssh: { host: 'fd00::2' },
    })
  })
})

describe('ssh', () => {
  test('what is not said is as with OpenSSH, and marked so', () => {
    const there = ['/home/ana/.ssh/id_rsa', '/home/ana/.ssh/config']
    const target = ssh(
      {},
      {
        env: { SSH_AUTH_SOCK: '/run/agent' },
        exists: (path) => there.includes(path),
      },
    )
    expect(target).toEqual({
      transport: 'ssh2',
      host: '10.0.0.1',
      port: 22,
      user: 'ana',
      key: ['/home/ana/.ssh/id_rsa'],
      agent: 'SSH_AUTH_SOCK',
      jump: [],
      config: '/home/ana/.ssh/config',
      knownHosts: ['/home/ana/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'],
      sudo: {},
      defaulted: ['host', 'port', 'user', 'key', 'agent', 'jump', 'config', 'knownHosts'],
    })
  })

  test('a node’s own options win, key by key', () => {
    const node = second(
      { address: '10.0.0.2', ssh: { port: 2222, timeouts: { connect: '5s' } } },
      { ssh: { user: 'deploy', port: 22, key: ['./id', '/keys/id'], timeouts: { connect: 1000, command: '1m30s' } } },
    )
    expect(node.ssh).toMatchObject({ user: 'deploy', port: 2222, key: ['/home/ana/prod/id', '/keys/id'] })
    expect(node.timeouts).toEqual({ connectMs: 5000, commandMs: 90_000, startMs: 300_000 })
  })

  test.each<[string, Record<string, unknown>, SshTarget['sudo']]>([
    ['root needs none', { user: 'root' }, false],
    ['others do', { user: 'deploy' }, {}],
    ['said so', { user: 'root', sudo: true }, {}],
    ['forbidden', { user: 'deploy', sudo: false }, false],
    [
      'with a password',
      { user: 'ops', sudo: { password: 'prompt' } },
      { password: { from: 'prompt', label: 'sudo password of ops' } },
    ],
  ])('sudo: %s', (_, options, sudo) => {
    expect(ssh(options).sudo).toEqual(sudo)
  })

  test('secrets stay where they are', () => {
    expect(ssh({ password: { env: 'PW' }, passphrase: { file: '~/.pass' } })).toMatchObject({
      password: { from: 'env', name: 'PW' },
      passphrase: { from: 'file', path: '/home/ana/.pass' },
    })
  })

  test('a secret for all is asked for once, one of a node for itself', () => {
    const all = { user: 'ops', password: 'prompt' }
    const nodes = {
      a: { address: '10.0.0.1' },
      b: { address: '10.0.0.2' },
      c: { address: '10.0.0.3', ssh: { password: 'prompt' } },
    }
    const labels = resolved(minimal({ nodes, ssh: all })).nodes.map(({ ssh: { password } }) => password)
    expect(labels).toEqual([
      { from: 'prompt', label: 'SSH password of ops' },
      { from: 'prompt', label: 'SSH password of ops' },
      { from: 'prompt', label: 'SSH password of ops on c' },
    ])
  })

  test.each<[string, unknown, Partial<SshTarget>[]]>([
    ['a host', 'bastion', [{ host: 'bastion', port: 22, user: 'deploy' }]],
    ['with user and port', 'hop@bastion:2222', [{ host: 'bastion', port: 2222, user: 'hop' }]],
    ['IPv6', '[fd00::1]:2222', [{ host: 'fd00::1', port: 2222 }]],
    ['IPv6 alone', 'hop@fd00::1', [{ host: 'fd00::1', port: 22, user: 'hop' }]],
    ['a record', { host: 'bastion', key: '~/hop' }, [{ host: 'bastion', user: 'deploy', key: ['/home/ana/hop'] }]],
    ['several', ['one', { host: 'two', port: 23 }], [{ host: 'one' }, { host: 'two', port: 23 }]],
    ['none', false, []],
  ])('jump: %s', (_, jump, targets) => {
    expect(ssh({ user: 'deploy', key: '/keys/id', jump }).jump).toMatchObject(targets)
  })

  test('a jump host takes key, user and host keys from the host behind it, but neither its password nor its sudo', () => {
    const behind = {
      user: 'ops',
      key: '/keys/id',
      knownHosts: '/keys/known_hosts',
      password: { env: 'PW' },
      sudo: true,
      jump: 'bastion:2222',
    }
    const [jump] = ssh(behind).jump
    expect(jump).toMatchObject({ user: 'ops', key: ['/keys/id'], knownHosts: ['/keys/known_hosts'], sudo: false })
    expect(jump).not.toHaveProperty('password')
    // OpenSSH's configuration for the bastion goes before what is only taken over.
    expect(jump?.defaulted).toEqual(['user', 'key', 'agent', 'jump', 'config', 'knownHosts'])
  })

  test('a node may have no jump host where all others do', () => {
    const node = second({ address: '10.0.0.2', ssh: { jump: false } }, { ssh: { jump: 'bastion' } })
    expect(node.ssh.jump).toEqual([])
    expect(node.ssh.defaulted).not.toContain('jump')
  })
})

describe('binaries', () => {
  const sha256 = 'AB'.repeat(32)
  test.each<[unknown, unknown]>([
    ['official', { kind: 'official' }],
    [{ mirror: 'https://a/v{version}/{file}' }, { kind: 'mirror', url: 'https://a/v{version}/{file}' }],
    [
      { file: './x.tar.gz', sha256 },
      { kind: 'file', path: '/home/ana/prod/x.tar.gz', sha256: sha256.toLowerCase() },
    ],
    [{ folder: '~/etcd' }, { kind: 'folder', path: '/home/ana/etcd' }],
    [{ installed: '/usr/bin/' }, { kind: 'installed', path: '/usr/bin' }],
    [
      { amd64: 'official', arm64: { folder: '/a' } },
      { amd64: { kind: 'official' }, arm64: { kind: 'folder', path: '/a' } },
    ],
  ])('%j', (binaries, source) => {
    expect(resolved(minimal({ binaries })).binaries).toEqual(source)
  })

  test('that are installed are run where they are', () => {
    expect(resolved(minimal({ binaries: { installed: '/usr/bin' } })).paths.bin).toBe('/usr/bin')
  })
})

describe('paths', () => {
  test.each(['/opt/etcd', '/usr/local/etcd'])('all below %s', (paths) => {
    expect(resolved(minimal({ paths })).paths).toEqual({
      bin: `${paths}/bin`,
      config: `${paths}/config`,
      data: `${paths}/data`,
    })
  })

  test('all below one folder, but binaries that are installed elsewhere', () => {
    const { bin, data } = resolved(minimal({ paths: '/opt/etcd', binaries: { installed: '/usr/bin' } })).paths
    expect({ bin, data }).toEqual({ bin: '/usr/bin', data: '/opt/etcd/data' })
  })
})

test('settings come in etcd’s own form, a node’s over those for all', () => {
  const settings = { 'quota-backend-bytes': '8GiB', 'heartbeat-interval': '150ms', 'election-timeout': '1500ms' }
  const node = second({ address: '10.0.0.2', settings: { 'quota-backend-bytes': 1_000_000 } }, { settings })
  expect(node.settings).toEqual({
    'quota-backend-bytes': '1000000',
    'heartbeat-interval': '150',
    'election-timeout': '1500',
  })
})

test('everything that is said arrives', () => {
  const tls = {
    mode: 'server',
    key: 'rsa-3072',
    subject: { organization: 'Example', country: 'DE' },
    sans: ['*.Example.com', 'FD00:0::9'],
    certificates: 'shared',
    leafDays: 90,
    caYears: 5,
    clients: { app: { cn: 'app', days: 30, organization: 'apps' } },
  }
  const said = {
    paths: { bin: '/srv/etcd/bin', config: '/srv/etcd/conf', data: '/srv/etcd/data/', wal: '/wal/etcd' },
    service: {
      name: 'etcd-main',
      user: 'etcdu',
      group: 'etcdg',
      adminGroup: 'ops',
      gomaxprocs: 4,
      dropIn: ['CPUWeight=500'],
    },
  }
  expect(
    resolved(
      minimal({
        ...said,
        tls: { ...tls, pki: { dir: '~/ca', passphrase: { file: 'ca.pass' } } },
        ssh: { concurrency: 2 },
      }),
    ),
  ).toMatchObject({
    tls: { ...tls, sans: ['*.example.com', 'fd00::9'] },
    pki: { dir: '/home/ana/ca', passphrase: { from: 'file', path: '/home/ana/prod/ca.pass' } },
    paths: { ...said.paths, data: '/srv/etcd/data' },
    service: said.service,
    concurrency: 2,
  })
})
