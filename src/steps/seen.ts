import type { EndpointStatus, MemberEntry } from '../etcd/etcdctl-output.ts'
import type { Architecture, NodeName } from '../inventory/model.ts'
import type { Operation } from '../engine/operation.ts'
import type { RecoverySeen } from './recovery-look.ts'

/** What an observation found: one record per host, and the cluster as the reachable members tell it. */
export interface Seen {
  hosts: ReadonlyMap<NodeName, HostSeen>
}

export type HostSeen = UnreachableHost | ReachedHost

export interface UnreachableHost {
  kind: 'unreachable'
  error: Error
}

export interface ReachedHost {
  kind: 'reached'
  clock: ClockSeen
  kernel: string
  /** As `uname -m` says it, and as etcd's releases do. */
  machine: string
  architecture: Architecture | undefined
  systemd: number
  hostNames: string[]
  addresses: AddressSeen[]
  accounts: { user: boolean; group: boolean; adminGroup: boolean }
  unit: UnitSeen
  process: ProcessSeen | undefined
  files: ReadonlyMap<string, FileSeen>
  /** Entries of the data directory, of a separate WAL directory, and of the folder for settings. */
  dataEntries: string[]
  walEntries: string[]
  configEntries: string[]
  /** Of the file systems under the data and WAL directories, by the directory. */
  space: ReadonlyMap<string, { freeKiB: number; fileSystem: string }>
  mounts: string[]
  fstab: string[]
  listening: SocketSeen[]
  /** Other processes called etcd; looked for only while our service runs none. */
  others: OtherEtcd[]
  /** What `ss` says of our ports, where the host has it. */
  holders: string
  formed: FormedSeen | undefined
  operation: Operation | undefined
  etcd: EtcdSeen | undefined
  /** Absent: not asked. */
  recovery?: RecoverySeen | undefined
  /** To what the steps of a playbook ask by looks of their own, by the looks' names. */
  answers?: ReadonlyMap<string, Answer>
  /** Whether this host reaches the peer port of the others; absent: not checked. */
  peers: ReadonlyMap<NodeName, PeerReached>
  /** Its own; absent: not asked. */
  firewall?: FirewallSeen | undefined
}

/** What the script of a look printed, and its exit status. */
export interface Answer {
  code: number
  stdout: string
}

/** `rejected`: a firewall answered that there is no way; `blocked`: nothing answered. */
export type PeerReached = 'open' | 'blocked' | 'rejected' | 'unresolved'

export type FirewallSeen =
  | { kind: 'none' | 'ufw' | 'iptables' }
  | { kind: 'firewalld'; zones: ReadonlyMap<string, string> }
  /** `inet filter input`: where new connections come in. */
  | { kind: 'nft'; chains: readonly string[] }

export interface AddressSeen {
  address: string
  /** Network device, where it is known. */
  device: string
  /** Length of its prefix, where it is known. */
  prefix?: number
  /** As `ip` words them: secondary, dynamic, deprecated, temporary. */
  flags?: readonly string[]
}

export interface SocketSeen {
  address: string
  port: number
}

export interface OtherEtcd {
  pid: string
  /** Of systemd; empty where it has none. */
  unit: string
  listening: SocketSeen[]
  /** `member` folders in which it has files open. */
  folders: string[]
}

/** The host's clock was read between these two moments of the controller's clock. */
export interface ClockSeen {
  hostMs: number
  earliestMs: number
  latestMs: number
}

export interface UnitSeen {
  loaded: boolean
  fragment: string
  active: string
  sub: string
  result: string
  enabled: boolean
  restarts: number
  needsReload: boolean
}

export interface ProcessSeen {
  executable: string
  /** Seconds since its start. */
  upS: number
  environment: Readonly<Record<string, string>>
}

export interface FileSeen {
  type: 'file' | 'directory' | 'other'
  mode: number
  owner: string
  group: string
  size: number
  modifiedS: number
  sha256?: string
  text?: string
}

/** Remembered on the host outside the data directory. */
export interface FormedSeen {
  cluster: string
  clusterId: string
  token: string
  formedAt: string
}

export interface EtcdSeen {
  /** A linearizable read through this member: it has quorum and has applied all that the leader had committed. */
  healthy: boolean
  /** It grants a read that needs no quorum, though none through quorum: a learner does so, or a member without leader. */
  answers?: boolean
  /** It answers, but not even a read that needs no quorum is granted. */
  refusesReads?: boolean
  status: EndpointStatus | undefined
  members: MemberEntry[] | undefined
  clusterId: string | undefined
  /** What etcdctl said where it failed. */
  trouble: string
}

export function reached(seen: Seen, host: NodeName): ReachedHost | undefined {
  const found = seen.hosts.get(host)
  return found?.kind === 'reached' ? found : undefined
}

/** The hosts that answered, by their nodes' names. */
export function reachedHosts(seen: Seen): [NodeName, ReachedHost][] {
  return [...seen.hosts].filter((entry): entry is [NodeName, ReachedHost] => entry[1].kind === 'reached')
}

/** What will be seen of one host after a change: predictions never touch the reading that they start from. */
export function withHost(seen: Seen, host: NodeName, change: (before: ReachedHost) => Partial<ReachedHost>): Seen {
  const before = reached(seen, host)
  if (before === undefined) return seen
  return { ...seen, hosts: new Map(seen.hosts).set(host, { ...before, ...change(before) }) }
}

export function withFiles(host: ReachedHost, files: Iterable<[string, FileSeen | undefined]>): ReachedHost['files'] {
  const after = new Map(host.files)
  for (const [path, file] of files) {
    if (file === undefined) after.delete(path)
    else after.set(path, file)
  }
  return after
}
