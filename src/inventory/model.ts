import type { Secret } from '../secret.ts'

/** The inventory after defaults, units and checks: what every layer below the loader works with. */
export interface Cluster {
  name: string
  /** etcd version, exact: `3.6.16`. */
  version: string
  nodes: Node[]
  /** How to get etcd's binaries, per architecture where hosts differ. */
  binaries: BinarySource | Partial<Record<Architecture, BinarySource>>
  tls: Tls
  paths: Paths
  service: Service
  pki: { dir: string; passphrase?: SecretSource }
  concurrency: number
  timeouts: Timeouts
  /** The file it was read from, absolute; operation records lie beside it. */
  file: string
  warnings: string[]
}

export type NodeName = string
export type Architecture = 'amd64' | 'arm64' | 'ppc64le' | 's390x'

export interface Node {
  /** etcd's member name. */
  name: NodeName
  peer: PeerEndpoint
  client: ClientEndpoint
  /** More subject alternative names for this member's certificates. */
  sans: string[]
  ssh: SshTarget
  /** The cluster's, with what this node's `ssh.timeouts` says instead. */
  timeouts: Timeouts
  /** etcd's own flags, cluster-wide ones merged with this node's: flag name without dashes → value as etcd takes it. */
  settings: Readonly<Record<string, string>>
  /** While its address changes: where it was, and whether its certificates still name that. No inventory says this. */
  formerly?: Endpoints & { named: boolean }
}

/** Where a member is found. */
export interface Endpoints {
  peer: PeerEndpoint
  client: ClientEndpoint
}

export interface PeerEndpoint {
  /** What other members dial: an address or a DNS name (advertised). */
  address: string
  port: number
  /** Address to listen on (never a name). */
  listen: string
}

export interface ClientEndpoint {
  address: string
  port: number
  listen: string
  /** What clients are told: host names or addresses; default `[address]`. */
  advertise: string[]
}

export type BinarySource =
  | { kind: 'official'; sha256?: string }
  | { kind: 'mirror'; url: string; sha256?: string }
  | { kind: 'file'; path: string; sha256?: string }
  | { kind: 'folder'; path: string }
  | { kind: 'installed'; path: string }

export interface Tls {
  mode: 'mutual' | 'server' | 'off'
  /** While TLS is being enabled: who is still spoken to without it. No inventory says this. */
  plain?: { peers: boolean; clients: boolean }
  key: 'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096'
  subject: Subject
  /** Extra names for every member's server certificate. */
  sans: string[]
  /** Whether all members share one certificate. */
  certificates: 'each' | 'shared'
  leafDays: number
  caYears: number
  /** Client certificates to issue besides our own: name → subject. */
  clients: Record<string, Subject & { cn: string; days?: number }>
}

export interface Subject {
  organization?: string
  organizationalUnit?: string
  country?: string
  province?: string
  locality?: string
}

export interface Paths {
  /** Folder of etcd, etcdctl, etcdutl. */
  bin: string
  /** Folder of the env file and the certificates. */
  config: string
  data: string
  /** Where the inventory puts the WAL elsewhere. */
  wal?: string
}

export interface Service {
  /** systemd unit, without `.service`. */
  name: string
  user: string
  group: string
  /** Members of it may read the admin client key. */
  adminGroup: string
  gomaxprocs?: number
  /** Extra `[Service]` lines of the user's. */
  dropIn: string[]
}

export interface Timeouts {
  connectMs: number
  /** For one command on a host that does not stream progress. */
  commandMs: number
  /** For a member to become healthy after its start. */
  startMs: number
}

/** How one node is reached; secrets are resolved when they are needed, never before. */
export interface SshTarget {
  /** What speaks SSH here: the ssh2 library, or the installed OpenSSH. */
  transport: 'ssh2' | 'openssh'
  host: string
  port: number
  user: string
  key: string[]
  passphrase?: SecretSource
  password?: SecretSource
  /** `SSH_AUTH_SOCK` or a path; false: no agent. */
  agent: string | false
  /** Of the agent's keys only those that `key` names too. */
  identitiesOnly?: true
  jump: SshTarget[]
  /** OpenSSH's ProxyCommand: a program here whose stdin and stdout lead to sshd. */
  proxyCommand?: string
  knownHosts: string[]
  /** The name in known_hosts, instead of `host`. */
  hostKeyAlias?: string
  /** An OpenSSH client configuration file to honour; false: none. */
  config: string | false
  /** `{}`: through sudo, unless the login turns out to be root's. */
  sudo: false | { password?: SecretSource }
  /** What the inventory does not say: a default stands there, and OpenSSH's configuration (`config`) goes before it. */
  defaulted: SshKey[]
}

export type SshKey = 'host' | 'port' | 'user' | 'key' | 'agent' | 'jump' | 'config' | 'knownHosts'

/** A secret is never a literal in an inventory. */
export type SecretSource =
  | { from: 'prompt'; label: string }
  | { from: 'env'; name: string }
  | { from: 'file'; path: string }

/** Turns a source into the secret; the CLI's asks on the terminal once and remembers. */
export type RevealSecret = (source: SecretSource) => Promise<Secret>
