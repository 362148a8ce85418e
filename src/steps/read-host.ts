import type { HostReading, LookOutput } from '../engine/playbook.ts'
import { parseOperation } from '../engine/operation.ts'
import { parseEndpointStatus, parseMemberList } from '../etcd/etcdctl-output.ts'
import type { Cluster } from '../inventory/model.ts'
import type { Architecture } from '../inventory/model.ts'
import { canonicalIp } from '../pki/sans.ts'
import { layoutOf } from '../etcd/layout.ts'
import type {
  AddressSeen,
  EtcdSeen,
  FileSeen,
  FormedSeen,
  HostSeen,
  ProcessSeen,
  ReachedHost,
  UnitSeen,
} from './seen.ts'

/** Reads the output of the looks; what is broken in it is taken for absent, which never makes a step bolder. */
export function readHost(cluster: Cluster, reading: HostReading): HostSeen {
  if (reading.kind === 'unreachable') return reading
  const output = reading.outputs['host']
  if (output === undefined || output.code !== 0) {
    return { kind: 'unreachable', error: new Error(`reading the host ended with status ${output?.code ?? -1}`) }
  }
  const sections = sectionsOf(output.stdout)
  const lines = (name: string): string[] => sections.get(name) ?? []
  const at = layoutOf(cluster)
  const files = readFiles(lines('stat'), lines('sums'), lines('text'))
  const [kernel = '', machine = '', systemd = '0'] = lines('system')
  const clock = Number(lines('clock')[0] ?? Number.NaN) * 1000
  return {
    kind: 'reached',
    clock: {
      hostMs: clock,
      earliestMs: reading.startedAtMs,
      latestMs: Math.min(output.firstLineAtMs, reading.endedAtMs),
    },
    kernel,
    machine,
    architecture: architectures[machine],
    systemd: Number.parseInt(systemd, 10) || 0,
    hostNames: [...new Set(lines('names').flatMap((line) => line.trim().split(/\s+/)))].filter(
      (name) => name !== '' && name !== '(none)',
    ),
    addresses: lines('addresses')
      .map(readAddress)
      .filter((address) => address !== undefined),
    accounts: {
      user: lines('accounts').includes('user'),
      group: lines('accounts').includes('group'),
      adminGroup: lines('accounts').includes('admin-group'),
    },
    unit: readUnit(lines('unit')),
    process: sections.has('process') ? readProcess(lines('process'), lines('environment')) : undefined,
    files,
    dataEntries: lines('data'),
    walEntries: lines('wal'),
    space: readSpace(lines('space')),
    mounts: lines('mounts'),
    fstab: lines('fstab'),
    listening: lines('listening')
      .map(readListening)
      .filter((socket) => socket !== undefined),
    holders: lines('holders')
      .map((line) => line.trim())
      .join('\n'),
    formed: files.has(at.formed) ? readFormed(files.get(at.formed)?.text ?? '') : undefined,
    operation: files.has(at.operation) ? readOperation(files.get(at.operation)?.text ?? '') : undefined,
    etcd: readEtcd(reading.outputs['etcd']),
    peers: readPeers(reading.outputs['peers']),
  }
}

const architectures: Readonly<Record<string, Architecture>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  ppc64le: 'ppc64le',
  s390x: 's390x',
}

function sectionsOf(stdout: string): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  let current: string[] = []
  for (const line of stdout.split('\n')) {
    if (line.startsWith('#@ ')) sections.set(line.slice(3), (current = []))
    else if (line !== '') current.push(line)
  }
  return sections
}

function readFiles(stat: string[], sums: string[], text: string[]): Map<string, FileSeen> {
  const files = new Map<string, FileSeen>()
  for (const line of stat) {
    const [path, kind, mode, owner, group, size, modified] = line.split('|')
    if (path === undefined || kind === undefined || modified === undefined) continue
    const type = kind === 'directory' ? 'directory' : kind.startsWith('regular') ? 'file' : 'other'
    const numbers = { mode: Number.parseInt(mode ?? '', 8), size: Number(size), modifiedS: Number(modified) }
    files.set(path, { type, owner: owner ?? '', group: group ?? '', ...numbers })
  }
  for (const line of sums) {
    const file = files.get(line.slice(66))
    if (file !== undefined) file.sha256 = line.slice(0, 64)
  }
  for (const line of text) {
    const end = line.indexOf(':')
    const file = files.get(line.slice(0, end))
    if (file !== undefined) file.text = `${file.text ?? ''}${line.slice(end + 1)}\n`
  }
  return files
}

/** `10.0.0.1 eth0`; IPv6 from /proc as 32 hex digits. */
function readAddress(line: string): AddressSeen | undefined {
  const [text = '', device = ''] = line.split(' ')
  const address = /^[0-9a-f]{32}$/.test(text) ? text.match(/.{4}/g)?.join(':') : text
  const canonical = canonicalIp(address ?? '')
  return canonical === undefined || canonical.startsWith('127.') || canonical === '::1'
    ? undefined
    : { address: canonical, device }
}

function readUnit(lines: string[]): UnitSeen {
  const values = pairs(lines)
  return {
    loaded: values['LoadState'] === 'loaded',
    fragment: values['FragmentPath'] ?? '',
    active: values['ActiveState'] ?? 'inactive',
    sub: values['SubState'] ?? 'dead',
    result: values['Result'] ?? '',
    enabled: values['UnitFileState'] === 'enabled',
    restarts: Number(values['NRestarts'] ?? 0) || 0,
    needsReload: values['NeedDaemonReload'] === 'yes',
  }
}

function readProcess(lines: string[], environment: string[]): ProcessSeen {
  const values = pairs(lines)
  const startedS = Number(values['startedAt']) / Number(values['hertz'] ?? 100)
  return { executable: values['exe'] ?? '', upS: Number(values['uptime']) - startedS, environment: pairs(environment) }
}

function readSpace(lines: string[]): ReachedHost['space'] {
  return new Map(
    lines.map((line) => {
      const [path = '', free, fileSystem = ''] = line.split(' ')
      return [path, { freeKiB: Number(free), fileSystem }]
    }),
  )
}

/** `0: 0B60D50A:094B 00000000:0000 0A …`: little-endian words in hex. */
function readListening(line: string): { address: string; port: number } | undefined {
  const [hex, port] = line.trim().split(/\s+/)[1]?.split(':') ?? []
  if (hex === undefined || port === undefined) return undefined
  const bytes = hex.match(/.{8}/g)?.flatMap((word) => word.match(/../g)?.toReversed() ?? []) ?? []
  const address = hex.length === 8 ? bytes.map((byte) => Number.parseInt(byte, 16)).join('.') : ipv6(bytes)
  return { address, port: Number.parseInt(port, 16) }
}

function ipv6(bytes: string[]): string {
  const words = bytes.join('').match(/.{4}/g)?.join(':') ?? '::'
  return new URL(`http://[${words}]`).hostname.slice(1, -1)
}

function readFormed(text: string): FormedSeen {
  try {
    const { cluster = '', clusterId = '', token = '', formedAt = '' } = JSON.parse(text) as Partial<FormedSeen>
    return { cluster, clusterId, token, formedAt }
  } catch {
    // A trace that can't be read is still a trace: nothing may be bootstrapped over it.
    return { cluster: '', clusterId: '', token: '', formedAt: '' }
  }
}

function readOperation(text: string): ReachedHost['operation'] {
  return parseOperation(text) ?? { name: 'unreadable', finish: '', args: {}, since: '', controller: '' }
}

function readEtcd(output: LookOutput | undefined): EtcdSeen | undefined {
  if (output === undefined || output.stdout.trim() === '') return undefined
  const answer = (name: string): { text: string; code: number } => {
    const lines = output.stdout.split('\n').filter((line) => line.startsWith(`${name} `))
    const texts = lines.map((line) => line.slice(name.length + 1))
    const exit = texts.findLast((line) => line.startsWith('exit '))
    return {
      text: texts
        .filter((line) => line !== exit)
        .join('\n')
        .trim(),
      code: Number(exit?.slice(5) ?? -1),
    }
  }
  const [health, members, status] = [answer('health'), answer('members'), answer('status')]
  const withoutQuorum = answer('serializable')
  const tookMs = Number(/^took (\d+)$/m.exec(withoutQuorum.text)?.[1])
  const list = members.code === 0 ? parseMemberList(lastLine(members.text)) : undefined
  const endpoint = status.code === 0 ? parseEndpointStatus(lastLine(status.text)) : undefined
  return {
    healthy: health.code === 0,
    ...(withoutQuorum.code > 0 && tookMs < silenceMs ? { refusesReads: true } : {}),
    status: endpoint,
    members: list?.members,
    clusterId: endpoint?.clusterId ?? list?.clusterId,
    trouble: health.code === 0 ? '' : health.text,
  }
}

/** A little less than the time-out of etcdctl_soon: what failed sooner was answered. */
const silenceMs = 1900

/** etcdctl may warn before its JSON. */
function lastLine(text: string): string {
  return text.split('\n').findLast((line) => line.startsWith('{') || line.startsWith('[')) ?? ''
}

function readPeers(output: LookOutput | undefined): ReachedHost['peers'] {
  const lines = output?.stdout.split('\n').filter((line) => line !== '') ?? []
  return new Map(
    lines.map((line) => {
      const [name = '', code] = line.split(' ')
      return [name, code === '124' ? 'blocked' : 'open']
    }),
  )
}

function pairs(lines: string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)]
    }),
  )
}
