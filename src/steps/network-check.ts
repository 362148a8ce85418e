import { exitCode } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { absentAddresses } from './absent-addresses.ts'
import { openingCommand } from './firewall.ts'
import { managedBy } from './foreign.ts'
import { grave } from './problem.ts'
import { reached, type ReachedHost, type Seen } from './seen.ts'
import { takenPorts } from './taken-ports.ts'

/** Where the member shall listen, and whether it will reach its peers. */
export function networkProblems(cluster: Cluster, node: Node, on: ReachedHost, seen: Seen): Problem[] {
  return [...portProblems(cluster, node, on), ...addressProblems(node, on), ...peerProblems(cluster, node, on, seen)]
}

/** Another etcd elsewhere on the host is fine; only our ports, paths and unit must be free or ours. */
function portProblems(cluster: Cluster, node: Node, on: ReachedHost): Problem[] {
  if (on.process !== undefined && isOurs(cluster, on)) return []
  return takenPorts(node, on.listening).map(({ what, port }) =>
    grave(node.name, {
      message: `${what} port ${port} is taken by another program`,
      tried: 'read /proc/net/tcp',
      answered: on.holders,
      next: [`stop that program, or set ${what}.port in the inventory`],
      exitCode: exitCode.failed,
    }),
  )
}

function addressProblems(node: Node, on: ReachedHost): Problem[] {
  return absentAddresses([node.peer.listen, node.client.listen], on).map((address) =>
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

/** Of a host that is off nobody says that its port is blocked: it is told of already, and may be let off. */
function peerProblems(cluster: Cluster, { name }: Node, on: ReachedHost, seen: Seen): Problem[] {
  return [...on.peers]
    .filter(([other, state]) => state !== 'open' && reached(seen, other) !== undefined)
    .map(([other, state]) => {
      const there = cluster.nodes.find((node) => node.name === other)
      const peer = there?.peer
      if (state === 'unresolved')
        return grave(name, {
          message: `${name} does not know the name ${peer?.address}, at which ${other} is to be reached`,
          tried: `getent ahosts ${peer?.address}`,
          next: 'make the name known to all hosts (DNS or /etc/hosts), or correct it',
        })
      const on = reached(seen, other)
      return grave(name, {
        message: `${name} does not reach the peer port of ${other}: ${
          state === 'rejected' ? 'a firewall rejects it' : 'no answer, so it is probably blocked'
        }`,
        tried: `connect to ${peer?.address}:${peer?.port} from ${name}`,
        answered:
          state === 'rejected'
            ? 'No route to host (a free port would refuse)'
            : 'nothing within 2 s (a free port would refuse at once)',
        next: there === undefined || on === undefined ? [] : waysToOpen(there, on),
      })
    })
}

/** The firewall is the owner's: it is named, and never changed. */
function waysToOpen(there: Node, on: ReachedHost): string[] {
  const opening = openingCommand(there, on)
  const port = `open TCP port ${there.peer.port} on ${there.name} for all members`
  if (opening !== undefined)
    return [`${port}; ${opening.firewall} is active there: ${opening.command}`, 'then run the same command again']
  if (on.firewall?.kind === 'none')
    return [`${port}: no firewall is active on the host itself, so look at what is between (security group, router)`]
  return [`${port} (firewall, security group)`]
}

function isOurs(cluster: Cluster, on: ReachedHost): boolean {
  return managedBy(on.files.get(layoutOf(cluster).unit)?.text ?? '') === cluster.name
}
