import { DeployError, exitCode } from '../errors.ts'
import type { Operation } from '../engine/operation.ts'
import type { Cluster, Endpoints } from '../inventory/model.ts'
import { sameEndpoints, wished, type Move, type Wish } from '../inventory/move.ts'
import { endpoints, movesRecorded, wishesOf, type AddressArguments } from './moves-wanted.ts'

/** What the command line asks for, of members that may be anywhere on their way. */
export function wishesAmid(options: AddressArguments, cluster: Cluster, moves: readonly Move[]): Wish[] {
  const wishes = wishesOf(options, cluster, (node) => [
    node,
    ...moves.filter((move) => move.node === node.name).flatMap(({ from, to }) => [from, to]),
  ])
  return wishes.filter((wish) => {
    const node = cluster.nodes.find(({ name }) => name === wish.node)
    const isMoving = moves.some((move) => move.node === wish.node)
    return isMoving || node === undefined || !sameEndpoints(node, wished(endpoints(node), wish))
  })
}

/** An unfinished change of addresses: the same wishes, or none, finish it; those that lead all its members back turn it round. */
export function goOn(recorded: Operation, wishes: readonly Wish[]): Operation {
  const moves = movesRecorded(recorded)
  const asked = wishes.map((wish) => {
    const move = moves.find(({ node }) => node === wish.node)
    return { move, ...goal(wish, move) }
  })
  if (asked.every(({ leads }) => leads === 'on')) return recorded
  const leadsAllBack =
    asked.every(({ leads }) => leads === 'back') &&
    moves.every(({ node }) => asked.some(({ move }) => move?.node === node))
  if (leadsAllBack && recorded.args['copy'] === undefined)
    return { ...recorded, args: { ...recorded.args, moves: moves.map(turnedRound) } }
  throw new DeployError({
    message: `another change of address is under way: ${moves.map(describe).join(', ')}`,
    tried: `begin ${asked.map(({ said }) => said).join(', ')}`,
    next: [
      `finish it first: ${recorded.finish}`,
      recorded.args['copy'] === undefined
        ? `or take it back: the same command with ${moves.map(backWords).join(', ')}`
        : 'move them back once there is quorum',
    ],
    exitCode: exitCode.refused,
  })
}

export function placeIn({ peer, client }: Endpoints): string {
  const places = [`${peer.address} (peers: port ${peer.port})`, `${client.address} (clients: port ${client.port})`]
  return peer.address === client.address ? `${peer.address} (ports ${peer.port}, ${client.port})` : places.join(' and ')
}

/** Seen from either end of the move that is under way, as nobody knows how far it has come. */
function goal(wish: Wish, move: Move | undefined): { leads: 'on' | 'back' | 'elsewhere'; said: string } {
  if (move === undefined) return { leads: 'elsewhere', said: `a move of ${wish.node}` }
  const { from, to } = move
  const ends = [wished(to, wish), wished(from, wish)]
  if (ends.some((end) => sameEndpoints(end, to)) && !sameEndpoints(wished(to, wish), from))
    return { leads: 'on', said: describe(move) }
  const isBack = ends.every((end) => sameEndpoints(end, from))
  return { leads: isBack ? 'back' : 'elsewhere', said: describe({ node: wish.node, from, to: wished(from, wish) }) }
}

function turnedRound({ node, from, to }: Move): Move {
  return { node, from: to, to: from }
}

function describe({ node, to }: Move): string {
  return `${node} to ${placeIn(to)}`
}

function backWords({ node, from }: Move): string {
  return `${node} back to ${placeIn(from)}`
}
