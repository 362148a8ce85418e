import { DeployError, exitCode, type ErrorFacts } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { authProblems } from './auth-check.ts'
import { foreignTraces, managedBy } from './foreign.ts'
import { reachedHosts, type ReachedHost, type Seen } from './seen.ts'

/** All that would make `up` fail on these hosts, found before anything is changed. */
export function preflight(cluster: Cluster, seen: Seen, formed: boolean): Problem[] {
  const problems = cluster.nodes.flatMap((node) => {
    const found = seen.hosts.get(node.name)
    if (found === undefined || found.kind === 'unreachable') return [unreachable(node, found?.error, formed)]
    return hostProblems(cluster, node, found)
  })
  return [...problems, ...clockProblems(seen), ...authProblems(cluster, seen)]
}

/** A cluster is formed by all its members: where it is yet to be, a missing host is a refusal and no mere failure. */
function unreachable(node: Node, error: Error | undefined, formed: boolean): Problem {
  if (error instanceof DeployError) {
    const { message, host = node.name, tried, answered, next, exitCode: code } = error
    return {
      error: new DeployError({
        message,
        host,
        next,
        exitCode: formed || code !== exitCode.failed ? code : exitCode.refused,
        ...(tried === undefined ? {} : { tried }),
        ...(answered === undefined ? {} : { answered }),
      }),
    }
  }
  return grave(node.name, {
    message: 'the host cannot be reached',
    tried: `connect to ${node.ssh.user}@${node.ssh.host}:${node.ssh.port}`,
    answered: error?.message ?? '',
    exitCode: formed ? exitCode.failed : exitCode.refused,
  })
}

function hostProblems(cluster: Cluster, node: Node, on: ReachedHost): Problem[] {
  const foreign = foreignTraces(cluster, node.name, on)
  // Ports and paths are that other cluster's then: nothing of it shall be stopped or moved away.
  if (foreign.length > 0) return [...systemProblems(node, on), ...foreign.map((error) => ({ error }))]
  return [
    ...systemProblems(node, on),
    ...portProblems(cluster, node, on),
    ...addressProblems(node, on),
    ...pathProblems(cluster, node, on),
    ...spaceProblems(node, on),
    ...peerProblems(cluster, node, on),
  ]
}

function systemProblems({ name }: Node, on: ReachedHost): Problem[] {
  if (on.kernel !== 'Linux') return [grave(name, { message: `this is ${on.kernel}, not Linux`, tried: 'uname -s' })]
  const problems: Problem[] = []
  if (on.systemd < 219) {
    const found = on.systemd === 0 ? 'systemd does not answer' : `systemd ${on.systemd} is too old`
    problems.push(
      grave(name, {
        message: `${found}: 219 or newer is needed`,
        tried: 'systemctl --version',
        next: 'use a distribution that runs systemd',
      }),
    )
  }
  if (on.architecture === undefined) {
    problems.push(
      grave(name, {
        message: `etcd has no release for ${on.machine}`,
        tried: 'uname -m',
        next: 'amd64, arm64, ppc64le and s390x have one',
      }),
    )
  }
  return problems
}

/** Another etcd elsewhere on the host is fine; only our ports, paths and unit must be free or ours. */
function portProblems(cluster: Cluster, node: Node, on: ReachedHost): Problem[] {
  if (on.process !== undefined && isOurs(cluster, on)) return []
  const wanted = [
    { what: 'client', ...node.client },
    { what: 'peer', ...node.peer },
  ]
  return wanted
    .filter(({ listen, port }) =>
      on.listening.some((socket) => socket.port === port && overlaps(socket.address, listen)),
    )
    .map(({ what, port }) =>
      grave(node.name, {
        message: `${what} port ${port} is taken by another program`,
        tried: 'read /proc/net/tcp',
        answered: on.holders,
        next: [`stop that program, or set ${what}.port in the inventory`],
        exitCode: exitCode.failed,
      }),
    )
}

function overlaps(bound: string, wanted: string): boolean {
  const wildcards = ['0.0.0.0', '::']
  return bound === wanted || wildcards.includes(bound) || wildcards.includes(wanted) || bound.startsWith('127.')
}

function addressProblems(node: Node, on: ReachedHost): Problem[] {
  const own = new Set([...on.addresses.map(({ address }) => address), '0.0.0.0', '::', '::1'])
  const listens = [...new Set([node.peer.listen, node.client.listen])].filter(
    (address) => !own.has(address) && !address.startsWith('127.'),
  )
  if (on.addresses.length === 0) return []
  return listens.map((address) =>
    grave(node.name, {
      message: `the host does not have the address ${address}, and etcd shall listen on it`,
      tried: 'read the addresses of its interfaces',
      answered: on.addresses.map(({ address }) => address).join(', '),
      next: [
        'correct the address in the inventory',
        'behind address translation: set peer.listen and client.listen to an address of the host',
      ],
    }),
  )
}

function pathProblems(cluster: Cluster, { name }: Node, on: ReachedHost): Problem[] {
  const at = layoutOf(cluster)
  const wrapper = on.files.get(at.wrapper)
  const problems: Problem[] = []
  if (wrapper !== undefined && managedBy(wrapper.text ?? '') !== cluster.name) {
    problems.push(
      grave(name, {
        message: `${at.wrapper} is there and not ours`,
        tried: `read ${at.wrapper}`,
        next: 'move it away; up puts a wrapper there that gives endpoints and certificate',
        exitCode: exitCode.refused,
      }),
    )
  }
  for (const path of [cluster.paths.bin, cluster.paths.config, cluster.paths.data, cluster.paths.wal]) {
    const seen = path === undefined ? undefined : on.files.get(path)
    if (seen !== undefined && seen.type !== 'directory')
      problems.push(grave(name, { message: `${path} is not a folder`, tried: `look at ${path}` }))
  }
  const entries = on.dataEntries.filter(
    (entry) =>
      entry !== 'lost+found' &&
      entry !== 'member' &&
      !entry.startsWith('member.') &&
      !`${cluster.paths.wal}/`.startsWith(`${cluster.paths.data}/${entry}/`),
  )
  const isFolder = on.files.get(cluster.paths.data)?.type === 'directory'
  if (isFolder && entries.length > 0 && !on.files.has(`${cluster.paths.data}/member`)) {
    problems.push(
      grave(name, {
        message: `${cluster.paths.data} holds other files`,
        tried: `look into ${cluster.paths.data}`,
        answered: entries.slice(0, 10).join(', '),
        next: 'set paths.data to an empty folder',
        exitCode: exitCode.refused,
      }),
    )
  }
  return problems
}

/** Binaries and a write-ahead log need room; a full disk stops etcd. */
const neededKiB = 512 * 1024

function spaceProblems({ name }: Node, on: ReachedHost): Problem[] {
  return [...on.space].flatMap(([path, { freeKiB, fileSystem }]) => {
    const problems: Problem[] = []
    if (freeKiB < neededKiB && on.process === undefined) {
      problems.push(
        grave(name, {
          message: `${Math.round(freeKiB / 1024)} MiB are free for ${path}; at least 512 are needed`,
          tried: `df ${path}`,
          next: 'free space, or set paths.data to a larger disk',
        }),
      )
    }
    if (networkFileSystems.has(fileSystem)) {
      problems.push(
        warned(name, {
          message: `${path} is on ${fileSystem}: etcd needs a local disk that honours fsync`,
          tried: `stat -f ${path}`,
        }),
      )
    }
    if (fileSystem === 'tmpfs')
      problems.push(
        warned(name, {
          message: `${path} is in memory (tmpfs): its data is lost at the next boot`,
          tried: `stat -f ${path}`,
        }),
      )
    return problems
  })
}

const networkFileSystems = new Set(['nfs', 'nfs4', 'cifs', 'smb2', 'fuseblk', 'ceph', 'gluster'])

function peerProblems(cluster: Cluster, { name }: Node, on: ReachedHost): Problem[] {
  return [...on.peers]
    .filter(([, state]) => state === 'blocked')
    .map(([other]) => {
      const peer = cluster.nodes.find((node) => node.name === other)?.peer
      return grave(name, {
        message: `${name} does not reach the peer port of ${other}: no answer, so it is probably blocked`,
        tried: `connect to ${peer?.address}:${peer?.port} from ${name}`,
        answered: 'nothing within 2 s (a free port would refuse at once)',
        next: `open TCP port ${peer?.port} on ${other} for all members (firewall, security group)`,
      })
    })
}

/** Clocks of two hosts differ for certain by the distance of the intervals in which each was read. */
function clockProblems(seen: Seen): Problem[] {
  const offsets = reachedHosts(seen)
    .filter(([, on]) => Number.isFinite(on.clock.hostMs))
    .map(([name, { clock }]) => ({ name, least: clock.hostMs - clock.latestMs, most: clock.hostMs - clock.earliestMs }))
  const behind = offsets.toSorted((a, b) => a.most - b.most)[0]
  const ahead = offsets.toSorted((a, b) => b.least - a.least)[0]
  if (behind === undefined || ahead === undefined || ahead.least - behind.most <= 1000) return []
  const seconds = ((ahead.least - behind.most) / 1000).toFixed(1)
  return [
    warned(behind.name, {
      message: `its clock is at least ${seconds} s behind that of ${ahead.name}`,
      tried: 'compare the clocks',
      next: 'synchronise the clocks (chrony, systemd-timesyncd); certificates and leases depend on them',
    }),
  ]
}

function isOurs(cluster: Cluster, on: ReachedHost): boolean {
  return managedBy(on.files.get(layoutOf(cluster).unit)?.text ?? '') === cluster.name
}

function grave(host: string, facts: ErrorFacts): Problem {
  return { error: new DeployError({ host, ...facts }) }
}

function warned(host: string, facts: ErrorFacts): Problem {
  return { ...grave(host, facts), warning: true }
}

/** The earliest moment on any host: certificates are back-dated to it, so that nobody meets one from the future. */
export function slowestClockMs(seen: Seen, controllerMs: number): number {
  const hostOffsets = reachedHosts(seen).map(([, { clock }]) => clock.hostMs - clock.latestMs)
  return controllerMs + Math.min(0, ...hostOffsets.filter((offset) => Number.isFinite(offset)))
}
