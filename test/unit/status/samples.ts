import type { EndpointStatus, MemberEntry } from '../../../src/etcd/etcdctl-output.ts'
import { peerUrl } from '../../../src/etcd/urls.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { DeployError } from '../../../src/errors.ts'
import type { MemberMetrics } from '../../../src/etcd/metrics.ts'
import type { StatusReading } from '../../../src/status/reading.ts'
import type { WireSeen } from '../../../src/status/wire.ts'
import type { EtcdSeen, HostSeen, ReachedHost } from '../../../src/steps/seen.ts'
import { minimal, resolved } from '../inventory/samples.ts'

const now = new Date('2026-11-21T12:00:00Z')
const ids: Record<string, string> = { node1: 'a1', node2: 'b2', node3: 'c3' }

export function cluster(parts: Record<string, unknown> = {}): Cluster {
  return resolved(minimal({ tls: { mode: 'off' }, ...parts }))
}

export function memberEntries(of: Cluster): MemberEntry[] {
  return of.nodes.map((node) => ({
    id: ids[node.name] ?? '',
    name: node.name,
    peerUrls: [peerUrl(of, node)],
    clientUrls: [`http://${node.client.address}:2379`],
    isLearner: false,
  }))
}

/** node1 leads. */
export function endpoint(name: string, parts: Partial<EndpointStatus> = {}): EndpointStatus {
  return {
    endpoint: 'http://127.0.0.1:2379',
    clusterId: 'cc',
    memberId: ids[name] ?? '',
    version: '3.6.16',
    leader: 'a1',
    isLearner: false,
    revision: 7n,
    raftTerm: 3n,
    raftIndex: 100n,
    raftAppliedIndex: 100n,
    dbSizeBytes: 4096,
    dbSizeInUseBytes: 2048,
    quotaBytes: 2 ** 31,
    storageVersion: '3.6.0',
    errors: [],
    ...parts,
  }
}

export function host(of: Cluster, name: string, parts: Partial<ReachedHost> = {}): ReachedHost {
  return {
    kind: 'reached',
    clock: { hostMs: now.getTime(), earliestMs: now.getTime(), latestMs: now.getTime() },
    kernel: 'Linux',
    machine: 'x86_64',
    architecture: 'amd64',
    systemd: 252,
    hostNames: [name],
    addresses: [],
    accounts: { user: true, group: true, adminGroup: true },
    unit: unit({}),
    process: { executable: '/opt/etcd/bin/etcd', upS: 90, environment: {} },
    files: new Map(),
    dataEntries: ['member'],
    walEntries: [],
    configEntries: [],
    space: new Map(),
    mounts: [],
    fstab: [],
    listening: [],
    others: [],
    holders: '',
    formed: { cluster: of.name, clusterId: 'cc', token: 't', formedAt: '' },
    operation: undefined,
    etcd: etcd(of, name),
    peers: new Map(),
    ...parts,
  }
}

/** What its member answers; `tells` is how its status differs. */
export function etcd(
  of: Cluster,
  name: string,
  parts: Partial<EtcdSeen> = {},
  tells: Partial<EndpointStatus> = {},
): EtcdSeen {
  const status = endpoint(name, tells)
  return {
    healthy: true,
    refusesReads: false,
    status,
    members: memberEntries(of),
    clusterId: 'cc',
    trouble: '',
    ...parts,
  }
}

/** Its unit is there and does not run. */
export function stopped(of: Cluster, name: string, parts: Partial<ReachedHost['unit']> = {}): ReachedHost {
  return host(of, name, {
    unit: unit({ active: 'inactive', sub: 'dead', ...parts }),
    process: undefined,
    etcd: undefined,
  })
}

export function unit(parts: Partial<ReachedHost['unit']>): ReachedHost['unit'] {
  const running = { loaded: true, fragment: '', active: 'active', sub: 'running', result: 'success', enabled: true }
  return { ...running, restarts: 0, needsReload: false, ...parts }
}

export const away: HostSeen = {
  kind: 'unreachable',
  error: new DeployError({ message: 'no answer', host: 'node3', next: 'is the host up?' }),
}

export function metrics(up: Record<string, number>, parts: Partial<MemberMetrics> = {}): WireSeen {
  const notSeen = { kind: 'not-seen' as const, why: 'TLS is off' }
  const read: MemberMetrics = {
    activePeers: new Map(Object.entries(up)),
    hasLeader: true,
    proposalsApplied: 100n,
    startedAtMs: undefined,
    quotaBytes: undefined,
    dbSizeInUseBytes: undefined,
    ...parts,
  }
  return { server: notSeen, peer: notSeen, metrics: { kind: 'read', metrics: read } }
}

/** Three members, all as they should be, with what is given instead. */
export function reading(
  hosts: Record<string, HostSeen> = {},
  parts: Partial<Omit<StatusReading, 'seen'>> = {},
): StatusReading {
  const of = parts.cluster ?? cluster()
  const all = of.nodes.map(({ name }): [string, HostSeen] => [name, hosts[name] ?? host(of, name)])
  return {
    cluster: of,
    seen: { hosts: new Map(all) },
    wire: new Map([
      ['node1', metrics({ b2: 1, c3: 1 })],
      ['node2', metrics({ a1: 1, c3: 1 })],
      ['node3', metrics({ a1: 1, b2: 1 })],
    ]),
    asked: { through: 'node1', alarms: [], others: new Map() },
    drift: { kind: 'seen', changes: [], refused: [] },
    operation: undefined,
    warnings: [],
    now,
    ...parts,
  }
}
