import { DeployError } from '../errors.ts'
import type { HostReading } from '../engine/playbook.ts'
import type { Architecture, Cluster } from '../inventory/model.ts'
import { layoutOf } from '../etcd/layout.ts'
import { readAnswers } from './answers.ts'
import { readFirewall } from './firewall.ts'
import { readEtcd } from './read-etcd.ts'
import { readEntries, readFiles, readSpace } from './read-files.ts'
import { readFormed, readOperation } from './read-memory.ts'
import { readAddress, readListening, readOthers, readPeers } from './read-network.ts'
import { readRecovery } from './recovery-look.ts'
import { readProcess, readUnit } from './read-service.ts'
import type { HostSeen } from './seen.ts'

/** Reads the output of the looks; what is broken in it is taken for absent, which never makes a step bolder. */
export function readHost(cluster: Cluster, reading: HostReading): HostSeen {
  if (reading.kind === 'unreachable') return reading
  const output = reading.outputs['host']
  if (output === undefined || output.code !== 0) {
    return { kind: 'unreachable', error: new Error(`reading the host ended with status ${output?.code ?? -1}`) }
  }
  const sections = sectionsOf(output.stdout)
  if (sections instanceof DeployError) return { kind: 'unreachable', error: sections }
  const lines = (name: string): string[] => sections.get(name) ?? []
  const [uid = '0'] = lines('login')
  // Much of what follows only root may see: half a reading would tell of strangers where our own files are.
  if (uid !== '0') return { kind: 'unreachable', error: notRoot(uid) }
  const at = layoutOf(cluster)
  const files = readFiles(lines('stat'), lines('sums'), lines('text'))
  const [kernel = '', machine = '', systemd = '0'] = lines('system')
  const listening = [...lines('listening'), ...(reading.outputs['sockets']?.stdout.split('\n') ?? [])]
    .map(readListening)
    .filter((socket) => socket !== undefined)
  const answers = readAnswers(reading)
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
    dataEntries: readEntries(lines('data')),
    walEntries: readEntries(lines('wal')),
    configEntries: readEntries(lines('config')),
    space: readSpace(lines('space')),
    mounts: lines('mounts'),
    fstab: lines('fstab'),
    listening: listening.map(({ address, port }) => ({ address, port })),
    others: readOthers(lines('others'), listening),
    holders: lines('holders')
      .map((line) => line.trim())
      .join('\n'),
    formed: files.has(at.formed) ? readFormed(files.get(at.formed)?.text ?? '') : undefined,
    operation: files.has(at.operation) ? readOperation(files.get(at.operation)?.text ?? '') : undefined,
    etcd: readEtcd(reading.outputs['etcd']),
    recovery: readRecovery(reading.outputs['recovery']),
    peers: readPeers(reading.outputs['peers']),
    ...(answers.size === 0 ? {} : { answers }),
    firewall: readFirewall(reading.outputs['peers']?.stdout.split('\n') ?? []),
  }
}

const architectures: Readonly<Record<string, Architecture>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  ppc64le: 'ppc64le',
  s390x: 's390x',
}

/** A section that comes twice means that something else than the script wrote there: neither of the two can be believed. */
function sectionsOf(stdout: string): Map<string, string[]> | DeployError {
  const sections = new Map<string, string[]>()
  let current: string[] = []
  for (const line of stdout.split('\n')) {
    if (line.startsWith('#@ ')) {
      const name = line.slice(3)
      if (sections.has(name)) return twice(name)
      sections.set(name, (current = []))
    } else if (line !== '') current.push(line)
  }
  return sections
}

function twice(section: string): DeployError {
  return new DeployError({
    message: `what was read of the host cannot be believed: its part "${section}" came twice`,
    tried: 'read the host',
    next: `look for a file, mount point or host name there that contains "#@ ${section}"`,
  })
}

function notRoot(uid: string): DeployError {
  return new DeployError({
    message: 'the login is not root, and may not become root',
    tried: 'id -u',
    answered: uid,
    next: ['set ssh.sudo: true (or { password: … }) in the inventory', 'or log in as root (ssh.user)'],
  })
}
