import { checkSettings } from '../etcd/settings.ts'
import { checkVersion } from '../etcd/versions.ts'
import { defaultPorts } from './address-rules.ts'
import { canonicalAddress, isAddress } from './address.ts'
import type { Binaries, BinariesSource, Inventory, NodeOptions, TimeoutOptions } from './define.ts'
import { timeoutMs } from './duration.ts'
import { canonicalPath } from './host-path.ts'
import { localPath } from './local-path.ts'
import type { BinarySource, Cluster, Node, Paths, Service, Timeouts, Tls } from './model.ts'
import { saidPaths, usualPaths } from './path-presets.ts'
import { installedFolders } from './path-rules.ts'
import { defaultCaYears } from './rules.ts'
import { secretSource } from './secret-source.ts'
import { sshTarget } from './ssh.ts'
import type { Surroundings } from './ssh.ts'

/** Defaults and units for an inventory that is known to be right. */
export function cluster(inventory: Inventory, warnings: string[], at: Surroundings): Cluster {
  const checked = checkVersion(inventory.version)
  const version = 'version' in checked ? checked.version : inventory.version
  const { concurrency = 10, timeouts, ...ssh } = inventory.ssh ?? {}
  const all = { ...inventory, version, ssh }
  return {
    name: inventory.cluster,
    version,
    nodes: Object.entries(inventory.nodes).map(([name, node]) => memberNode(name, node, all, timeouts ?? {}, at)),
    binaries: binariesOf(inventory.binaries ?? 'official', at),
    tls: tlsOf(inventory.tls ?? {}),
    paths: pathsOf(inventory),
    service: serviceOf(inventory.service ?? {}),
    pki: pkiOf(inventory, at),
    concurrency,
    timeouts: timeoutsOf(timeouts ?? {}),
    file: at.file,
    warnings,
  }
}

function memberNode(name: string, node: NodeOptions, all: Inventory, timeouts: TimeoutOptions, at: Surroundings): Node {
  const peer = endpoint(node, 'peer')
  const client = endpoint(node, 'client')
  const { timeouts: own, ...ssh } = node.ssh ?? {}
  return {
    name,
    peer,
    client: { ...client, advertise: [node.client?.advertise ?? client.address].flat().map(canonicalAddress) },
    sans: (node.sans ?? []).map(canonicalAddress),
    ssh: sshTarget(name, node.address ?? client.address, all.ssh ?? {}, ssh, at),
    timeouts: timeoutsOf({ ...timeouts, ...own }),
    settings: checkSettings({ ...all.settings, ...node.settings }, all.version).values,
  }
}

function endpoint(node: NodeOptions, kind: 'peer' | 'client'): { address: string; port: number; listen: string } {
  const said = node[kind] ?? {}
  const address = canonicalAddress(said.address ?? node.address ?? '')
  // etcd binds addresses only; a name may come to another address on the host itself (127.0.1.1), so that only all are sure.
  const listen = said.listen === undefined ? (isAddress(address) ? address : '0.0.0.0') : canonicalAddress(said.listen)
  return { address, port: said.port ?? defaultPorts[kind], listen }
}

function binariesOf(binaries: Binaries, at: Surroundings): Cluster['binaries'] {
  if (isSource(binaries)) return sourceOf(binaries, at)
  const sources = Object.entries(binaries) as [string, BinariesSource][]
  return Object.fromEntries(sources.map(([architecture, source]) => [architecture, sourceOf(source, at)]))
}

function isSource(binaries: Binaries): binaries is BinariesSource {
  return typeof binaries === 'string' || ['mirror', 'file', 'folder', 'installed'].some((key) => key in binaries)
}

function sourceOf(source: BinariesSource, at: Surroundings): BinarySource {
  if (source === 'official') return { kind: 'official' }
  if ('folder' in source) return { kind: 'folder', path: localPath(source.folder, at.home, at.folder) }
  if ('installed' in source) return { kind: 'installed', path: canonicalPath(source.installed) }
  const pinned = source.sha256 === undefined ? {} : { sha256: source.sha256.toLowerCase() }
  if ('mirror' in source) return { kind: 'mirror', url: source.mirror, ...pinned }
  return { kind: 'file', path: localPath(source.file, at.home, at.folder), ...pinned }
}

function tlsOf(tls: NonNullable<Inventory['tls']>): Tls {
  return {
    mode: tls.mode ?? 'mutual',
    key: tls.key ?? 'ecdsa-p256',
    subject: tls.subject ?? {},
    sans: (tls.sans ?? []).map(canonicalAddress),
    certificates: tls.certificates ?? 'each',
    leafDays: tls.leafDays ?? 365,
    caYears: tls.caYears ?? defaultCaYears,
    clients: tls.clients ?? {},
  }
}

function pkiOf({ cluster: name, tls }: Inventory, at: Surroundings): Cluster['pki'] {
  const passphrase = secretSource(tls?.pki?.passphrase, `passphrase of the CA key of ${name}`, at)
  return { dir: localPath(tls?.pki?.dir ?? 'pki', at.home, at.folder), ...(passphrase && { passphrase }) }
}

function pathsOf({ paths, binaries }: Inventory): Paths {
  const installed = installedFolders(binaries)[0]?.folder
  const { bin, config, data, wal } = saidPaths(paths)
  const usual = usualPaths(paths)
  return {
    bin: canonicalPath(bin ?? installed ?? usual.bin),
    config: canonicalPath(config ?? usual.config),
    data: canonicalPath(data ?? usual.data),
    ...(wal === undefined ? {} : { wal: canonicalPath(wal) }),
  }
}

function serviceOf({ name, user, group, adminGroup, gomaxprocs, dropIn }: NonNullable<Inventory['service']>): Service {
  return {
    name: name ?? 'etcd',
    user: user ?? 'etcd',
    group: group ?? 'etcd',
    adminGroup: adminGroup ?? 'etcd-admin',
    ...(gomaxprocs === undefined ? {} : { gomaxprocs }),
    dropIn: dropIn ?? [],
  }
}

function timeoutsOf({ connect, command, start }: TimeoutOptions): Timeouts {
  const ms = (value: number | string): number => timeoutMs(value) ?? NaN
  return { connectMs: ms(connect ?? '20s'), commandMs: ms(command ?? '2m'), startMs: ms(start ?? '5m') }
}
