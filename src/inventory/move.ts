import { DeployError, exitCode } from '../errors.ts'
import { isAddress } from './address.ts'
import type { Endpoints, NodeName, SshTarget } from './model.ts'

/** A member that goes to another address, port or name. */
export interface Move {
  node: NodeName
  from: Endpoints
  to: Endpoints
}

/** What a person asks for: former addresses and what comes in their place, or one side of the member alone. */
export interface Wish {
  node: NodeName
  /** Wherever the member is known by one of these. */
  replace?: ReadonlyMap<string, string>
  /** The whole member; only where peers and clients know it by the same. */
  address?: string
  peer?: string
  client?: string
  peerPort?: number
  clientPort?: number
}

/** Where the member will be. */
export function wished(from: Endpoints, wish: Wish): Endpoints {
  const { address, peer, client } = wish
  if (address !== undefined && from.peer.address !== from.client.address)
    throw new DeployError({
      message: `${wish.node} has an address for peers (${from.peer.address}) and another for clients (${from.client.address})`,
      next: `say which one changes: --peer ${address}, --client ${address}, or both`,
      exitCode: exitCode.usage,
    })
  const [toPeer, toClient] = [peer ?? address, client ?? address]
  let to = from
  if (toPeer !== undefined) to = { ...to, peer: replacedIn(to.peer, from.peer.address, toPeer) }
  if (toClient !== undefined) to = { ...to, client: clientReplaced(to.client, from.client.address, toClient) }
  for (const [before, after] of wish.replace ?? [])
    to = { peer: replacedIn(to.peer, before, after), client: clientReplaced(to.client, before, after) }
  return {
    peer: { ...to.peer, port: wish.peerPort ?? to.peer.port },
    client: { ...to.client, port: wish.clientPort ?? to.client.port },
  }
}

export function sameEndpoints(a: Endpoints, b: Endpoints): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))
}

/** Everything by which it is known, or at which it listens. */
export function addressesOf({ peer, client }: Endpoints): string[] {
  return [...new Set([peer.address, peer.listen, client.address, client.listen, ...client.advertise])]
}

/**
 * Where its host may be reached; nobody knows which of its addresses it has by now. The former first: as long as it answers, a new one
 * that was mistyped leads to no other host.
 */
export function placesOf(ssh: SshTarget, { from, to }: Move): SshTarget[] {
  const ends = (['client', 'peer'] as const).map((kind) => [from[kind].address, to[kind].address] as const)
  const end = ends.find((pair) => pair.includes(ssh.host))
  return end === undefined ? [ssh] : [...new Set(end)].map((host) => ({ ...ssh, host }))
}

/** Where its host is reached once it has moved; one that is reached by an address of its own goes on to be. */
export function placeAfter(ssh: SshTarget, move: Move): SshTarget {
  return placesOf(ssh, move).at(-1) ?? ssh
}

/** etcd binds addresses only: for a name it listens on all of them. */
function replacedIn<T extends { address: string; listen: string }>(end: T, before: string, after: string): T {
  const listen = isAddress(after) ? after : '0.0.0.0'
  const bindsBefore = end.listen === before || (end.address === before && !isAddress(before) && isAddress(after))
  return {
    ...end,
    address: end.address === before ? after : end.address,
    listen: bindsBefore ? listen : end.listen,
  }
}

function clientReplaced(client: Endpoints['client'], before: string, after: string): Endpoints['client'] {
  const advertise = client.advertise.map((each) => (each === before ? after : each))
  return { ...replacedIn(client, before, after), advertise }
}

function inOrder({ peer, client }: Endpoints): unknown[] {
  return [
    [peer.address, peer.port, peer.listen],
    [client.address, client.port, client.listen, client.advertise],
  ]
}
