import { describe, expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Problem } from '../../../src/engine/playbook.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { slowestClockMs } from '../../../src/steps/clock-check.ts'
import { preflight } from '../../../src/steps/preflight.ts'
import type { FileSeen, FirewallSeen, HostSeen, OtherEtcd, ReachedHost } from '../../../src/steps/seen.ts'
import { away, cluster, host, stopped, unit } from '../status/samples.ts'

const of = cluster()
const at = layoutOf(of)
const gibKiB = 1024 * 1024

/** A plain host with nothing of ours. */
function plain(name: string, parts: Partial<ReachedHost> = {}): ReachedHost {
  const address = of.nodes.find((node) => node.name === name)?.peer.address ?? ''
  return {
    ...stopped(of, name),
    unit: unit({ loaded: false, active: 'inactive', enabled: false }),
    dataEntries: [],
    formed: undefined,
    addresses: [{ address, device: 'eth0' }],
    space: new Map([['/var/lib/etcd', { freeKiB: 20 * gibKiB, fileSystem: 'ext2/ext3' }]]),
    ...parts,
  }
}

function file(text = '', type: FileSeen['type'] = 'file'): FileSeen {
  return { type, mode: 0o644, owner: 'root', group: 'root', size: text.length, modifiedS: 0, text }
}

function found(
  node1: HostSeen,
  { formed = false, cluster: wanted = of }: { formed?: boolean; cluster?: Cluster } = {},
) {
  const hosts = new Map<string, HostSeen>([
    ['node1', node1],
    ['node2', plain('node2')],
    ['node3', plain('node3')],
  ])
  return preflight(wanted, { hosts }, formed)
}

const now = plain('node2').clock.hostMs
const listening = (address: string, port: number) => ({ listening: [{ address, port }] })
const ourConfig = { ...file('', 'directory'), mode: 0o750, group: 'etcd' }
const stateDir: [string, FileSeen] = [at.stateDir, file('', 'directory')]
const formed = { cluster: of.name, clusterId: 'x', token: 't', formedAt: '' }
const ours = `# Managed by etcd-deploy for cluster ${of.name}; x\n`

test('plain hosts have no problem', () => {
  expect(found(plain('node1'))).toEqual([])
})

describe('stops up, before anything is changed', () => {
  test.each<[string, Partial<ReachedHost>, RegExp, 1 | 3]>([
    ['no Linux', { kernel: 'FreeBSD' }, /this is FreeBSD, not Linux/, 1],
    ['no systemd', { systemd: 0 }, /systemd does not answer: 219 or newer/, 1],
    ['an old systemd', { systemd: 218 }, /systemd 218 is too old/, 1],
    [
      'an architecture that etcd has no release for',
      { machine: 'riscv64', architecture: undefined },
      /no release for riscv64/,
      1,
    ],
    ['the peer port taken', listening('10.0.0.1', 2380), /peer port 2380 is taken/, 1],
    ['the client port taken on all addresses', listening('0.0.0.0', 2379), /client port 2379 is taken/, 1],
    [
      'the client port taken on loopback, where the member listens too',
      listening('127.0.0.1', 2379),
      /client port 2379 is taken/,
      1,
    ],
    [
      'not its address',
      { addresses: [{ address: '10.9.9.9', device: 'eth0' }] },
      /does not have the address 10\.0\.0\.1/,
      1,
    ],
    ["somebody's etcdctl", { files: new Map([[at.wrapper, file('#!/bin/sh\n')]]) }, /etcdctl is there and not ours/, 3],
    ['a file where a folder shall be', { files: new Map([['/etc/etcd', file()]]) }, /\/etc\/etcd is not a folder/, 1],
    [
      "somebody's files in the data directory",
      { dataEntries: ['holiday.jpg', 'lost+found'], files: new Map([['/var/lib/etcd', file('', 'directory')]]) },
      /\/var\/lib\/etcd holds other files/,
      3,
    ],
    [
      'no space',
      { space: new Map([['/var/lib/etcd', { freeKiB: 400 * 1024, fileSystem: 'xfs' }]]) },
      /400 MiB are free.*512 are needed/,
      1,
    ],
    [
      'no space for more of its log',
      { formed, space: new Map([['/var/lib/etcd', { freeKiB: 100 * 1024, fileSystem: 'xfs' }]]) },
      /100 MiB are free.*128 are needed/,
      1,
    ],
    [
      'a blocked peer port',
      {
        peers: new Map([
          ['node2', 'blocked' as const],
          ['node3', 'open' as const],
        ]),
      },
      /node1 does not reach the peer port of node2/,
      1,
    ],
    [
      'a peer port that a firewall rejects',
      { peers: new Map([['node2', 'rejected' as const]]) },
      /node1 does not reach the peer port of node2: a firewall rejects it/,
      1,
    ],
    [
      'a name that the host does not know',
      { peers: new Map([['node2', 'unresolved' as const]]) },
      /node1 does not know the name .*, at which node2 is to be reached/,
      1,
    ],
    [
      "a member of another cluster's",
      { formed: { cluster: 'other', clusterId: 'x', token: 't', formedAt: '' } },
      /belongs to cluster other/,
      3,
    ],
    ['a unit made by hand', { files: new Map([[at.unit, file('[Service]\n')]]) }, /was not made by etcd-deploy/, 3],
    [
      "a package's unit",
      { unit: unit({ fragment: '/lib/systemd/system/etcd.service', enabled: false }) },
      /was not made by etcd-deploy/,
      3,
    ],
    [
      "somebody's etcd on our port, under a unit of another name",
      { ...listening('0.0.0.0', 2379), others: [other({ listening: [{ address: '0.0.0.0', port: 2379 }] })] },
      /another etcd runs here, as unit my-etcd\.service, and holds our client port 2379$/,
      3,
    ],
    [
      "somebody's etcd with our data",
      { others: [other({ unit: '', folders: ['/var/lib/etcd/member'] })] },
      /another etcd runs here, process 77, and holds the data in \/var\/lib\/etcd\/member$/,
      3,
    ],
    [
      "somebody's etcd binary",
      { files: new Map([[at.etcd, file()]]) },
      /^\/opt\/etcd\/bin\/etcd is there and not ours/,
      3,
    ],
    [
      'a binary of a folder that the inventory names since the cluster was formed',
      { files: new Map([[at.etcd, file()], stateDir]), formed: host(of, 'node1').formed },
      /^\/opt\/etcd\/bin\/etcd is there and not ours/,
      3,
    ],
    [
      "somebody's settings",
      { configEntries: ['etcd.conf.yml'], files: new Map([['/etc/etcd', file('', 'directory')]]) },
      /^\/etc\/etcd\/etcd\.conf\.yml is there and not ours/,
      3,
    ],
    [
      "somebody's certificate at the very place of ours",
      { configEntries: ['tls'], files: new Map([[at.serverCert, file()]]) },
      /^\/etc\/etcd\/tls\/server\.crt is there and not ours/,
      3,
    ],
  ])('%s', (_, parts, words, exitCode) => {
    const problems = found(plain('node1', parts))
    expect(problems.map(({ error }) => error.message)).toEqual([expect.stringMatching(words)])
    expect(problems[0]).toMatchObject({ error: { host: 'node1', exitCode } })
    expect(problems[0]?.warning).toBeUndefined()
  })

  test('an unreachable host: a failure where the cluster is formed, a refusal where it is to be', () => {
    expect(codes(found(away, { formed: true }))).toEqual([1])
    expect(codes(found(away, { formed: false }))).toEqual([3])
  })

  test('a host that is away is told of once: nobody says besides that its peer port is blocked', () => {
    const peers = new Map([['node3', 'blocked' as const]])
    const hosts = new Map<string, HostSeen>([
      ['node1', plain('node1', { peers })],
      ['node2', plain('node2', { peers })],
      ['node3', away],
    ])
    expect(preflight(of, { hosts }, true).map(({ error }) => error.host)).toEqual(['node3'])
  })

  test('a blocked port: the firewall of the host behind it is named, with the command that opens it', () => {
    const next = (firewall?: FirewallSeen): string => {
      const hosts = new Map<string, HostSeen>([
        ['node1', plain('node1', { peers: new Map([['node2', 'blocked' as const]]) })],
        ['node2', plain('node2', firewall && { firewall })],
        ['node3', plain('node3')],
      ])
      return preflight(of, { hosts }, false)
        .flatMap(({ error }) => error.next)
        .join('\n')
    }
    expect(next({ kind: 'ufw' })).toContain('ufw is active there: ufw allow 2379,2380/tcp')
    expect(next({ kind: 'none' })).toContain('no firewall is active on the host itself')
    expect(next()).toBe('open TCP port 2380 on node2 for all members (firewall, security group)')
  })

  test('all problems of all hosts, together', () => {
    const hosts = new Map<string, HostSeen>([
      ['node1', plain('node1', { systemd: 200, machine: 'i686', architecture: undefined })],
      ['node2', plain('node2', listening('::', 2379))],
      ['node3', away],
    ])
    const problems = preflight(of, { hosts }, false)
    expect(problems.map(({ error }) => error.host)).toEqual(['node1', 'node1', 'node2', 'node3'])
  })
})

describe('is told, and hinders nothing', () => {
  test.each<[string, Partial<ReachedHost>, RegExp]>([
    [
      'a network file system',
      { space: new Map([['/var/lib/etcd', { freeKiB: gibKiB, fileSystem: 'nfs' }]]) },
      /is on nfs/,
    ],
    ['data in memory', { space: new Map([['/var/lib/etcd', { freeKiB: gibKiB, fileSystem: 'tmpfs' }]]) }, /in memory/],
    ['a clock behind', { clock: ahead(-5000) }, /its clock is at least 5\.0 s behind that of node2, node3/],
    ['a clock ahead', { clock: ahead(5000) }, /its clock is at least 5\.0 s ahead of that of node2, node3/],
    ['a clock of yesterday', { clock: ahead(-86_399_000) }, /its clock is at least 23 h 59 min behind/],
  ])('%s', (_, parts, words) => {
    const problems = found(plain('node1', parts))
    expect(problems).toMatchObject([{ warning: true, error: { host: 'node1', message: expect.stringMatching(words) } }])
  })

  test.each<[string, Partial<ReachedHost>]>([
    ['another etcd on other ports', listening('10.0.0.1', 12_379)],
    ['another program on our port of another address', listening('10.9.9.9', 2380)],
    [
      'our own member on its ports',
      {
        ...host(of, 'node1'),
        files: new Map([[at.unit, file(ours)]]),
        ...listening('10.0.0.1', 2379),
        space: new Map(),
        addresses: [],
      },
    ],
    [
      'data set aside beside lost+found',
      {
        dataEntries: ['lost+found', 'member.2026-01-02T030405Z'],
        files: new Map([['/var/lib/etcd', file('', 'directory')]]),
      },
    ],
    ["somebody's etcd beside it", { others: [other({ folders: ['/srv/etcd/member'] })] }],
    [
      'binaries of a first up that was interrupted before it wrote their sums',
      { files: new Map([[at.etcd, file()], stateDir]) },
    ],
    [
      'settings of a first up that was interrupted',
      { configEntries: ['tls'], files: new Map([[at.serverCert, file()], stateDir]) },
    ],
    [
      'a folder for settings of a first up that was interrupted before anything else was there',
      { configEntries: ['tls'], files: new Map([['/etc/etcd', ourConfig]]) },
    ],
    [
      'binaries and settings of ours, though the host forgot the rest',
      {
        configEntries: ['etcd.env'],
        files: new Map([
          [at.etcd, file()],
          [at.binarySums, file()],
          [at.env, file(ours)],
        ]),
      },
    ],
    [
      'a disk that got smaller as the cluster grew',
      { formed, space: new Map([['/var/lib/etcd', { freeKiB: 400 * 1024, fileSystem: 'xfs' }]]) },
    ],
    ['an empty folder for settings', { files: new Map([['/etc/etcd', file('', 'directory')]]) }],
    ['clocks that the slowness of the network may explain', { clock: { ...ahead(1500), latestMs: now + 1000 } }],
  ])('%s: no word of it', (_, parts) => {
    expect(found(plain('node1', parts))).toEqual([])
  })
})

describe('another cluster of etcd-deploy on the same host', () => {
  const events = '# Managed by etcd-deploy for cluster events; x\n'

  test('is fine where it shares nothing', () => {
    const member = other({ unit: 'etcd-events.service', folders: ['/var/lib/etcd-events/member'] })
    expect(found(plain('node1', { others: [member], ...listening('10.0.0.1', 12_379) }))).toEqual([])
  })

  test.each<[string, Partial<ReachedHost>, RegExp]>([
    [
      'binaries',
      { files: new Map([[at.binarySums, file(events)]]) },
      /^\/opt\/etcd\/bin holds the binaries of cluster events$/,
    ],
    [
      'binaries, though ours was begun',
      { files: new Map([[at.binarySums, file(events)], [at.etcd, file()], stateDir]) },
      /^\/opt\/etcd\/bin holds the binaries of cluster events$/,
    ],
    [
      'settings',
      { files: new Map([[at.env, file(events)], stateDir]) },
      /^\/etc\/etcd holds the settings of cluster events$/,
    ],
  ])('is left its %s', (_, parts, message) => {
    expect(found(plain('node1', parts))).toMatchObject([
      { error: { host: 'node1', exitCode: 3, message: expect.stringMatching(message) as string } },
    ])
  })

  test('may be run with the same binaries where the inventory says that they are installed', () => {
    const shared = cluster({ binaries: { installed: '/opt/etcd/bin' } })
    expect(found(plain('node1', { files: new Map([[at.binarySums, file(events)]]) }), { cluster: shared })).toEqual([])
  })
})

test('binaries that the inventory says are there already are not written over', () => {
  const there = plain('node1', { files: new Map([['/usr/bin/etcd', file()]]) })
  expect(found(there, { cluster: cluster({ binaries: { installed: '/usr/bin' } }) })).toEqual([])
  expect(found(there, { cluster: cluster({ paths: { bin: '/usr/bin' } }) })).toHaveLength(1)
})

test('a cluster that was set up by hand: what will take it over is named', () => {
  const [problem] = found(plain('node1', { others: [other({ folders: ['/var/lib/etcd/member'] })] }))
  expect(problem?.error.next.join()).toMatch(/etcd-deploy adopt/)
})

test("a host of another cluster is asked for nothing else: its ports are that one's", () => {
  const foreign = plain('node1', {
    files: new Map([
      [at.unit, file('[Service]\n')],
      [at.wrapper, file()],
    ]),
    ...listening('0.0.0.0', 2379),
  })
  expect(found(foreign)).toHaveLength(1)
})

test('certificates are back-dated to the slowest clock, never to a faster one', () => {
  const clocks = (...skews: number[]) => ({
    hosts: new Map(skews.map((skew, index) => [`n${index}`, plain('node1', { clock: ahead(skew) })])),
  })
  expect(slowestClockMs(clocks(0, -90_000, 4000), now)).toBe(now - 90_000)
  expect(slowestClockMs(clocks(5000, 4000), now)).toBe(now)
})

function other(parts: Partial<OtherEtcd>): OtherEtcd {
  return { pid: '77', unit: 'my-etcd.service', listening: [], folders: [], ...parts }
}

function ahead(ms: number): ReachedHost['clock'] {
  return { hostMs: now + ms, earliestMs: now, latestMs: now }
}

function codes(problems: Problem[]): number[] {
  return problems.map(({ error }) => error.exitCode)
}
