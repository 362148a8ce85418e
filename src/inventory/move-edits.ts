import { defaultPorts } from './address-rules.ts'
import { canonicalAddress, isAddress } from './address.ts'
import type { NodeOptions } from './define.ts'
import type { InventoryEdit } from './edit.ts'
import type { ClientEndpoint, Endpoints } from './model.ts'
import { addressesOf, type Move } from './move.ts'
import { schema } from './schema.ts'
import type { Key } from './written.ts'

/** What to change in an inventory, as its file exports it, so that a member is where it moves to, and nothing names what it leaves. */
export function moveEdits(raw: unknown, move: Move): InventoryEdit[] {
  const inventory = schema.parse(raw)
  const node = inventory.nodes[move.node]
  if (node === undefined) return []
  const { to } = move
  const successor = successors(move)
  const at = ['nodes', move.node]
  const address = movedAddress(node, to, successor)
  const others = Object.entries(inventory.nodes).flatMap(([name, each]) => (name === move.node ? [] : [each]))
  const theirs = new Set(others.flatMap(saidOf).map(canonicalAddress))
  const ofNobody = new Map([...successor].filter(([old]) => !theirs.has(old)))
  return [
    ...(address === undefined ? [] : say([...at, 'address'], node.address, address)),
    ...endpointEdits(at, node, 'peer', address, to),
    ...endpointEdits(at, node, 'client', address, to),
    ...advertiseEdits([...at, 'client', 'advertise'], node.client?.advertise, to.client),
    ...named([...at, 'sans'], node.sans, successor),
    ...(node.ssh?.host === undefined ? [] : follow([...at, 'ssh', 'host'], node.ssh.host, successor)),
    ...named(['tls', 'sans'], inventory.tls?.sans, ofNobody),
    // Written for all, but this node alone is reached there.
    ...(inventory.ssh?.host !== undefined && others.every(({ ssh }) => ssh?.host !== undefined)
      ? follow(['ssh', 'host'], inventory.ssh.host, successor)
      : []),
  ]
}

type Successors = ReadonlyMap<string, string>

/** Each address that the node leaves altogether, and where what is found there is found then. */
function successors({ from, to }: Move): Successors {
  const stays = new Set(addressesOf(to))
  const pairs = [
    [from.client.address, to.client.address],
    [from.peer.address, to.peer.address],
    [from.client.listen, to.client.listen],
    [from.peer.listen, to.peer.listen],
    ...from.client.advertise.map((each, index) => [each, to.client.advertise[index] ?? to.client.address]),
  ] as [string, string][]
  const left = pairs.filter(([old, next]) => !stays.has(old) && !isEverywhere(old) && !isEverywhere(next))
  // The first of a kind wins: what clients dial is also what people do.
  return new Map(left.toReversed())
}

function saidOf({ address, peer, client, sans = [] }: NodeOptions): string[] {
  const all = [address, peer?.address, peer?.listen, client?.address, client?.listen, client?.advertise, sans]
  return all.flat().filter((each) => each !== undefined)
}

/** Any address of the host, or loopback, which every host has: nobody leaves it. */
function isEverywhere(address: string): boolean {
  return ['0.0.0.0', '::', '::1', 'localhost'].includes(address) || address.startsWith('127.')
}

/** What the node's own `address` becomes; it stays while the node is dialled there, and says where most is found. */
function movedAddress({ address, peer, client }: NodeOptions, to: Endpoints, successor: Successors) {
  if (address === undefined) return undefined
  const now = canonicalAddress(address)
  if (now === to.peer.address || now === to.client.address) return now
  if (client?.address === undefined) return to.client.address
  if (peer?.address === undefined) return to.peer.address
  return successor.get(now) ?? now
}

function endpointEdits(
  at: readonly Key[],
  node: NodeOptions,
  kind: 'peer' | 'client',
  inherited: string | undefined,
  to: Endpoints,
): InventoryEdit[] {
  const said = node[kind] ?? {}
  const { address, port, listen } = to[kind]
  return [
    ...say([...at, kind, 'address'], said.address, address, inherited),
    ...say([...at, kind, 'port'], said.port, port, defaultPorts[kind]),
    ...say([...at, kind, 'listen'], said.listen, listen, isAddress(address) ? address : '0.0.0.0'),
  ]
}

function advertiseEdits(
  at: readonly Key[],
  said: string | string[] | undefined,
  { address, advertise }: ClientEndpoint,
): InventoryEdit[] {
  const [first = address] = advertise
  if (!Array.isArray(said) && advertise.length === 1) return say(at, said, first, address)
  const list = Array.isArray(said) ? said : []
  return advertise.flatMap((each, index) => say([...at, index], list[index], each))
}

function named(at: readonly Key[], names: readonly string[] | undefined, successor: Successors): InventoryEdit[] {
  return (names ?? []).flatMap((name, index) => follow([...at, index], name, successor))
}

function follow(path: readonly Key[], name: string, successor: Successors): InventoryEdit[] {
  return say(path, name, successor.get(canonicalAddress(name)) ?? canonicalAddress(name))
}

/** `otherwise`: what holds where nothing is said. */
function say<Value extends string | number>(
  path: readonly Key[],
  said: Value | undefined,
  to: Value,
  otherwise?: Value,
): InventoryEdit[] {
  if (said === undefined) return to === otherwise ? [] : [{ path, to }]
  const now = typeof said === 'string' ? canonicalAddress(said) : said
  return now === to ? [] : [{ path, from: said, to }]
}
