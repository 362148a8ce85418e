import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import { DeployError } from '../errors.ts'

/** sshd does not forward connections (`AllowTcpForwarding no`, `PermitOpen`, `restrict`). */
export class ForwardingRefused extends DeployError {}

/** A TCP connection that the sshd at the other end makes. */
export async function forward(
  client: Client,
  address: string,
  port: number,
  from: string,
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const aborted = (): void => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  try {
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      if (error !== undefined) reject(forwardingRefusal(error, address, port, from))
      else if (signal.aborted) channel.destroy()
      else resolve(channel)
    })
  } catch (error) {
    // ssh2 throws when the connection has ended
    reject(forwardingRefusal(error as Error, address, port, from))
  }
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

export const administrativelyProhibited = 1

export function forwardingRefusal(error: Error, address: string, port: number, from: string): DeployError {
  const facts = { host: from, tried: `forwarding to ${address}, port ${port}`, answered: error.message, cause: error }
  if ('reason' in error && error.reason === administrativelyProhibited) {
    return new ForwardingRefused({
      ...facts,
      message: `sshd on ${from} does not forward connections`,
      next: 'AllowTcpForwarding and PermitOpen in its sshd_config decide this',
    })
  }
  return new DeployError({
    ...facts,
    message: `${from} cannot connect to ${address}, port ${port}`,
    next: `see whether something listens there, and whether ${from} can reach it`,
  })
}
