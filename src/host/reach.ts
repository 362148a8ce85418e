import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { DeployError } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { throughCommand } from './proxy-command.ts'

/** A connection to an sshd that has not said anything yet. */
export interface Reached {
  socket: Duplex
  /** What the program that made it told on its stderr. */
  said?: () => string
}

/** The connection to a host's sshd, made from here. */
export async function reach(name: string, target: SshTarget, signal: AbortSignal): Promise<Reached> {
  if (target.proxyCommand !== undefined) return throughCommand(name, target, target.proxyCommand, signal)
  return { socket: await reachDirectly(name, target.host, target.port, signal) }
}

async function reachDirectly(name: string, host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  const socket = connect({ host, port, noDelay: true, signal })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('connect', resolve)
  socket.once('error', reject)
  try {
    await promise
  } catch (error) {
    throw signal.aborted ? signal.reason : unreachable(name, host, port, error)
  }
  socket.off('error', reject)
  return socket
}

/** `said`: what another program told of it. */
export function unreachable(name: string, host: string, port: number, cause: unknown, said?: string): DeployError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const [message, next] = wordings[code] ?? [
    `cannot be reached (${cause instanceof Error ? cause.message : code})`,
    'see whether the host is up',
  ]
  return new DeployError({
    host: name,
    message,
    tried: `TCP connection to ${host}, port ${port}`,
    answered: said ?? code,
    next,
    cause,
  })
}

const wordings: Record<string, [message: string, next: string]> = {
  ENOTFOUND: ['the name is not known to DNS', 'correct ssh.host (or address) in the inventory, or the DNS'],
  EAI_AGAIN: ['the name could not be looked up: no DNS server answered', 'see whether DNS works here'],
  ECONNREFUSED: [
    'the connection was refused: nothing listens there',
    'see whether sshd runs, and on this port (ssh.port)',
  ],
  EHOSTUNREACH: ['no route leads to the host', 'see whether the host is up; a host behind a bastion needs ssh.jump'],
  ENETUNREACH: [
    'no route leads to its network',
    'see whether the network is up; a host behind a bastion needs ssh.jump',
  ],
  ETIMEDOUT: ['no answer', 'see whether the host is up and no firewall drops the port'],
  ECONNRESET: ['the connection was cut at once', 'see whether sshd runs there and its log'],
}
