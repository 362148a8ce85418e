import type { Settings } from '../etcd/settings.ts'
import type { PathPreset } from './path-presets.ts'

/** Gives an inventory its types, so that an editor completes and checks it; changes nothing. */
export function defineInventory(inventory: Inventory): Inventory {
  return inventory
}

/** What one cluster shall be. Only `cluster`, `version` and `nodes` are needed. */
export interface Inventory {
  /** Name of the cluster: in certificates, in files on the hosts, and what `down` asks you to type. Letters, digits, `.`, `_`, `-`. */
  cluster: string
  /** etcd's version, whole: `'3.6.16'`. From 3.3 on. */
  version: string
  /** The members: etcd's member name (`--name`) → where it is. An odd number, best three or five. */
  nodes: Record<string, NodeOptions>
  /** How the hosts are reached; a node's own `ssh` wins over it, key by key. */
  ssh?: SshOptions
  /** Where etcd's binaries come from, for all hosts or per architecture. Default: `'official'`. */
  binaries?: Binaries
  /** etcd's own flags, by their own names without the dashes: https://etcd.io/docs/latest/op-guide/configuration/ */
  settings?: Settings
  /** Certificates. Default: mutual TLS with ECDSA P-256 keys. */
  tls?: TlsOptions
  /** Where things lie on the hosts: all below one folder, or folder by folder. Absolute; letters, digits, `.`, `_`, `-`, `+`, `@`. */
  paths?: PathPreset | PathOptions
  /** The systemd unit and whom it runs as. */
  service?: ServiceOptions
}

export interface NodeOptions {
  /** IPv4 or IPv6 address or DNS name under which members and clients reach this one; needed unless `peer` and `client` have their own. */
  address?: string
  /** Where the other members reach it, if that differs. */
  peer?: PeerOptions
  /** Where clients reach it, if that differs. */
  client?: ClientOptions
  /** More names and addresses for this member's server and peer certificates. */
  sans?: string[]
  /** How this host is reached; wins over the inventory's `ssh`, key by key. */
  ssh?: NodeSshOptions
  /** etcd's flags for this member alone; they win over the inventory's `settings`. */
  settings?: Settings
}

export interface PeerOptions {
  /** Address or DNS name of `--initial-advertise-peer-urls`. Default: the node's `address`. */
  address?: string
  /** Default: 2380. */
  port?: number
  /** Address of `--listen-peer-urls`, never a name. Default: `address`, or `0.0.0.0` where that is a name. */
  listen?: string
}

export interface ClientOptions {
  /** Address or DNS name under which this tool and the other hosts reach the member. Default: the node's `address`. */
  address?: string
  /** Default: 2379. */
  port?: number
  /** Address of `--listen-client-urls`, never a name; loopback is always added. Default: `address`, or `0.0.0.0` where that is a name. */
  listen?: string
  /** Names or addresses of `--advertise-client-urls`: what clients are told. Default: `address`. */
  advertise?: string | string[]
}

export interface SshOptions {
  /** What speaks SSH here: `ssh2`, a library, or `openssh`, the installed `ssh`, for host and user certificates, FIDO keys, GSSAPI and PKCS#11. Default: `ssh2`. */
  transport?: 'ssh2' | 'openssh'
  /** Where sshd is: address, DNS name or a `Host` of the OpenSSH configuration. Default: the node's `address`. */
  host?: string
  /** Default: 22, or what `config` says. */
  port?: number
  /** Default: your own user name, as with OpenSSH, or what `config` says. */
  user?: string
  /** Private key files, tried in this order. Default: those of `~/.ssh/id_ed25519`, `id_ecdsa`, `id_rsa` that exist, or what `config` says. */
  key?: string | string[]
  /** For password and keyboard-interactive login. */
  password?: SecretOption
  /** For encrypted keys. */
  passphrase?: SecretOption
  /** `true`: the agent at SSH_AUTH_SOCK; a path: its socket; `false`: none. Default: SSH_AUTH_SOCK if it is set. */
  agent?: boolean | string
  /** Jump hosts, nearest first: `'user@host:port'` or a record. What a jump does not say (user, key, …) is as for the host. `false`: none. */
  jump?: false | Jump | Jump[]
  /** OpenSSH client configuration to honour; what the inventory says wins. Default: `~/.ssh/config` if it exists. */
  config?: string | false
  /** Default: `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`. */
  knownHosts?: string | string[]
  /** How root is reached: `true`: sudo; `{ password }`: sudo that asks for it; `false`: not at all. Default: `true` unless `user` is root. */
  sudo?: boolean | { password: SecretOption }
  /** How many hosts are worked on at once. Default: 10. */
  concurrency?: number
  timeouts?: TimeoutOptions
}

/** `concurrency` is about all hosts: it stands in the inventory's `ssh`. */
export type NodeSshOptions = Omit<SshOptions, 'concurrency'>

/** `'user@host:port'` (IPv6: `'user@[fd00::1]:22'`) or a record. */
export type Jump = string | JumpOptions

export interface JumpOptions extends Pick<
  SshOptions,
  'port' | 'user' | 'key' | 'password' | 'passphrase' | 'agent' | 'config' | 'knownHosts'
> {
  host: string
}

/** A number is milliseconds; a string has units: `'90s'`, `'1m30s'`. */
export type Timeout = number | string

export interface TimeoutOptions {
  /** Until a host has let us in. Default: `'20s'`. */
  connect?: Timeout
  /** For one command on a host, uploads aside. Default: `'2m'`. */
  command?: Timeout
  /** For a member to become healthy after its start. Default: `'5m'`. */
  start?: Timeout
}

/** A secret is never written in an inventory: it is asked for, or read from the environment or a file when it is needed. */
export type SecretOption = 'prompt' | { env: string } | { file: string }

export type Binaries = BinariesSource | ArchitectureBinaries

export interface ArchitectureBinaries {
  amd64?: BinariesSource
  arm64?: BinariesSource
  ppc64le?: BinariesSource
  s390x?: BinariesSource
}

export type BinariesSource =
  /** The releases of etcd-io/etcd on GitHub. */
  | 'official'
  /** The same files elsewhere, SHA256SUMS beside them: `'https://host/v{version}/{file}'`. */
  | { mirror: string; sha256?: string }
  /** A release tarball on the controller; relative to the inventory. */
  | { file: string; sha256?: string }
  /** A folder on the controller that holds etcd, etcdctl and (from 3.5) etcdutl. */
  | { folder: string }
  /** A folder on the hosts where they are already installed; nothing is pushed. */
  | { installed: string }

export interface SubjectOptions {
  /** O */
  organization?: string
  /** OU */
  organizationalUnit?: string
  /** C: two letters. */
  country?: string
  /** ST */
  province?: string
  /** L */
  locality?: string
}

export interface TlsOptions {
  /** `mutual`: clients need a certificate (default); `server`: they need none; `off`: plain http. */
  mode?: 'mutual' | 'server' | 'off'
  /** Default: `ecdsa-p256`. */
  key?: 'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096'
  /** In every certificate, the CA's included. */
  subject?: SubjectOptions
  /** More names and addresses for every member's server certificate. */
  sans?: string[]
  /** `each`: every member has certificates of its own (default); `shared`: one that names all members, as older guides make it. */
  certificates?: 'each' | 'shared'
  /** Days that a member's or client's certificate is valid. Default: 365. */
  leafDays?: number
  /** Years that a CA is valid. Default: 10. */
  caYears?: number
  /** Client certificates to issue: name of its files → its subject. */
  clients?: Record<string, ClientCertificateOptions>
  /** The certificate authority's files, here on the controller. */
  pki?: PkiOptions
}

export interface ClientCertificateOptions extends SubjectOptions {
  /** Common name: etcd's user name, where its authentication is on. */
  cn: string
  /** Default: `leafDays`. */
  days?: number
}

export interface PathOptions {
  /** Folder of etcd, etcdctl and etcdutl. Default: `/opt/etcd/bin`. */
  bin?: string
  /** Folder of the settings and the certificates. Default: `/etc/etcd`. */
  config?: string
  /** `--data-dir`. Default: `/var/lib/etcd`. */
  data?: string
  /** Where `--wal-dir` is made, as the folder `member` in it; best a disk of its own. Default: in the data directory. */
  wal?: string
}

export interface ServiceOptions {
  /** systemd's unit, without `.service`. Default: `etcd`. */
  name?: string
  /** Made if missing. Default: `etcd`. */
  user?: string
  /** Made if missing. Default: `etcd`. */
  group?: string
  /** Whose members may use the hosts' `etcdctl` without sudo; made if missing. Default: `etcd-admin`. */
  adminGroup?: string
  /** GOMAXPROCS of etcd. Default: Go's own choice. */
  gomaxprocs?: number
  /** More lines for the unit's `[Service]` section: `'CPUWeight=500'`. */
  dropIn?: string[]
}

export interface PkiOptions {
  /** Folder of the certificate authority, relative to the inventory. Default: `pki`. */
  dir?: string
  /** Encrypts the CA's private key; needed only when something is signed. */
  passphrase?: SecretOption
}
