import { readFileSync, statSync } from 'node:fs'

import { DeployError, exitCode } from '../errors.ts'
import type { Operation } from '../engine/operation.ts'
import { addressProblem, canonicalAddress } from '../inventory/address.ts'
import type { Cluster, Endpoints, Node, NodeName, SshTarget } from '../inventory/model.ts'
import { addressesOf, placesOf, sameEndpoints, wished, type Move, type Wish } from '../inventory/move.ts'
import { nodeNamed } from './node-named.ts'

/** What the command line asks for. */
export interface AddressArguments {
  node?: string
  address?: string
  map?: string
  peer?: string
  client?: string
  peerPort?: number
  clientPort?: number
}

/** By whom a node may be known to be somewhere: the inventory, or what stands on its host. */
export type WhereIs = (node: Node) => readonly Endpoints[]

/** None: nothing was asked for but to go on. */
export function wishesOf(asked: AddressArguments, cluster: Cluster, whereIs: WhereIs): Wish[] {
  if (asked.map !== undefined) {
    if (asked.node !== undefined) throw usage('--map names the members: no other name goes with it')
    return mappedWishes(asked.map, cluster, whereIs)
  }
  const { node, address, peer, client, peerPort, clientPort } = asked
  if (node === undefined) {
    if ([peer, client, peerPort, clientPort].some((each) => each !== undefined))
      throw usage('which member? etcd-deploy change-ip NODE …')
    return []
  }
  const { name } = nodeNamed(cluster, node)
  const wish = {
    node: name,
    ...given('address', address),
    ...given('peer', peer),
    ...given('client', client),
    ...(peerPort === undefined ? {} : { peerPort }),
    ...(clientPort === undefined ? {} : { clientPort }),
  }
  if (Object.keys(wish).length === 1)
    throw usage(
      `where does ${name} go? etcd-deploy change-ip ${name} ADDRESS, or --peer, --client, --peer-port, --client-port`,
    )
  return [wish]
}

/** Where each goes, from where it is; who is there already does not move. */
export function movesOf(cluster: Cluster, wishes: readonly Wish[], from: (node: Node) => Endpoints): Move[] {
  return wishes
    .map((wish) => {
      const before = endpoints(from(nodeNamed(cluster, wish.node)))
      return { node: wish.node, from: before, to: wished(before, wish) }
    })
    .filter((move) => !sameEndpoints(move.from, move.to))
}

/** Of a record: what can't be read any more once it is under way. */
export function movesRecorded({ args }: Pick<Operation, 'args'>): Move[] {
  const { moves } = args
  return Array.isArray(moves) ? (moves as Move[]) : []
}

/** For hosts whose address changes: all places at which they may be reached. */
export function reachedAt(cluster: Cluster, moves: readonly Move[]): Map<NodeName, readonly SshTarget[]> {
  return new Map(
    cluster.nodes.flatMap((node) => {
      const move = moves.find((each) => each.node === node.name)
      return move === undefined ? [] : [[node.name, placesOf(node.ssh, move)] as const]
    }),
  )
}

export function endpoints({ peer, client }: Endpoints): Endpoints {
  return { peer, client }
}

function given<K extends string>(key: K, address: string | undefined): Partial<Record<K, string>> {
  return address === undefined ? {} : ({ [key]: checked(address) } as Record<K, string>)
}

function checked(address: string): string {
  const problem = addressProblem(address)
  if (problem !== undefined) throw usage(problem)
  return canonicalAddress(address)
}

/** `old=new,old=new`, or a file with one to a line; `#` begins a comment. */
function mappedWishes(text: string, cluster: Cluster, whereIs: WhereIs): Wish[] {
  const wishes = new Map<NodeName, Map<string, string>>()
  for (const [before, after] of pairs(text)) {
    const old = canonicalAddress(before)
    const nodes = cluster.nodes.filter(
      (node) => node.name === before || whereIs(node).some((place) => addressesOf(place).includes(old)),
    )
    if (nodes.length === 0) throw usage(`--map: no member is at ${before}`, `members are at ${allAddresses(cluster)}`)
    for (const node of nodes) {
      const replace = wishes.get(node.name) ?? new Map<string, string>()
      wishes.set(node.name, replace.set(node.name === before ? node.peer.address : old, checked(after)))
    }
  }
  return [...wishes].map(([node, replace]) => ({ node, replace }))
}

function pairs(text: string): [string, string][] {
  const lines = text.includes('=') && !isFile(text) ? text.split(',') : readMap(text).split(/[\n,]/)
  const words = lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '')
  return words.map((line) => {
    const [before, after, ...rest] = line.split(/\s*=\s*|\s+/)
    if (before === undefined || after === undefined || after === '' || rest.length > 0)
      throw usage(`--map: "${line}" is not OLD=NEW`)
    return [before, after]
  })
}

function readMap(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw usage(`--map: ${path} is neither OLD=NEW nor a file that can be read`, (error as Error).message)
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function allAddresses(cluster: Cluster): string {
  return cluster.nodes.map(({ name, peer }) => `${peer.address} (${name})`).join(', ')
}

function usage(message: string, next?: string): DeployError {
  return new DeployError({ message, ...(next === undefined ? {} : { next }), exitCode: exitCode.usage })
}
