import { DeployError, exitCode } from '../errors.ts'
import { envValues } from '../etcd/env-file.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Endpoints } from '../inventory/model.ts'
import type { Move } from '../inventory/move.ts'
import { absentAddresses } from './absent-addresses.ts'
import { endpointsOn } from './endpoints-seen.ts'
import { reached, type Seen } from './seen.ts'
import { takenPorts } from './taken-ports.ts'

/** Why members can't go where they shall, found before anything is written. */
export function refuseMoves(cluster: Cluster, moves: readonly Move[], seen: Seen): DeployError[] {
  return moves.flatMap((move) => [
    ...anothers(cluster, move, seen),
    ...taken(cluster, moves, move),
    ...loopback(cluster, move),
    ...absent(move, seen),
    ...inUse(cluster, move, seen),
  ])
}

/** Who answers there may be another of our own hosts, which known_hosts knows well. */
function anothers(cluster: Cluster, { node, to }: Move, seen: Seen): DeployError[] {
  const text = reached(seen, node)?.files.get(layoutOf(cluster).env)?.text
  const name = text === undefined ? undefined : envValues(text)['ETCD_NAME']
  if (name === undefined || name === node) return []
  return [
    refused(node, {
      message: `the host that answers is not ${node}'s: the member there is ${name}`,
      tried: `look at ${to.peer.address} for ${node}`,
      next: `correct the address; ${name} would lose its own`,
    }),
  ]
}

/** By one that stays there, goes there too, or has yet to leave: etcd has each peer URL once. */
function taken(cluster: Cluster, moves: readonly Move[], { node, to }: Move): DeployError[] {
  const others = cluster.nodes
    .filter(({ name }) => name !== node)
    .flatMap((other) => {
      const move = moves.find((each) => each.node === other.name)
      const places = move === undefined ? [other] : [move.from, move.to]
      return places.flatMap(placesIn).map((place) => ({ name: other.name, place, leaves: move !== undefined }))
    })
  const found = others.find(({ place }) => placesIn(to).includes(place))
  if (found === undefined) return []
  return [
    refused(node, {
      message: `${found.place} is ${found.name}'s`,
      tried: 'compare with where the other members are, and go',
      next: found.leaves
        ? `move ${found.name} away first, in a command of its own: two members cannot change places in one`
        : 'choose an address that no other member has',
    }),
  ]
}

function placesIn({ peer, client }: Endpoints): string[] {
  return [peer, client].map(({ address, port }) => `${address} port ${port}`)
}

/** Every host has it, so that the others would find themselves there. */
function loopback({ nodes }: Cluster, { node, to: { peer } }: Move): DeployError[] {
  if (nodes.length === 1 || !/^(127\.|::1$|localhost$)/.test(peer.address)) return []
  return [
    refused(node, {
      message: `${peer.address} is every host's own: the other members could not reach ${node} there`,
      tried: 'compare with where the other members are',
      next: 'choose an address or name at which the others reach the host',
    }),
  ]
}

/** etcd could not bind it, and would not start. */
function absent({ node, from, to }: Move, seen: Seen): DeployError[] {
  const on = reached(seen, node)
  if (on === undefined) return []
  return absentAddresses([to.peer.listen, to.client.listen], on).map((address) =>
    refused(node, {
      message: `the host does not have the address ${address}, and etcd would have to listen on it`,
      tried: 'read the addresses of its interfaces',
      answered: on.addresses.map((each) => each.address).join(', '),
      next: [
        `give the host that address first, and let it keep ${from.peer.address} until the member has moved, where that can be`,
        'behind address translation: set peer.listen and client.listen in the inventory to an address of the host',
      ],
    }),
  )
}

/** The restart would fail, with etcd already told of the port. */
function inUse(cluster: Cluster, { node, from, to }: Move, seen: Seen): DeployError[] {
  const on = reached(seen, node)
  // One that is turned round may not have left.
  const isAt = [from, on && endpointsOn(cluster, on)].filter((place) => place !== undefined)
  const own = isAt.flatMap(({ peer, client }) => [peer.port, client.port])
  const ports = takenPorts(to, on?.listening ?? []).filter(({ port }) => !own.includes(port))
  return ports.map(({ what, port }) =>
    refused(node, {
      message: `another program listens on port ${port}, which is to be the member's ${what} port`,
      tried: 'read /proc/net/tcp',
      next: `choose another port, or stop that program (ss -ltnp 'sport = :${port}' names it)`,
    }),
  )
}

function refused(
  host: string,
  facts: { message: string; tried: string; answered?: string; next: string | string[] },
): DeployError {
  return new DeployError({ ...facts, host, exitCode: exitCode.refused })
}
