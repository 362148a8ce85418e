import type { Endpoints } from '../inventory/model.ts'
import type { SocketSeen } from './seen.ts'

/** Which of the member's ports these sockets take. */
export function takenPorts(
  node: Endpoints,
  sockets: readonly SocketSeen[],
): { what: 'client' | 'peer'; port: number }[] {
  const wanted = [
    { what: 'client' as const, ...node.client },
    { what: 'peer' as const, ...node.peer },
  ]
  return wanted
    .filter(({ listen, port }) => sockets.some((socket) => socket.port === port && overlaps(socket.address, listen)))
    .map(({ what, port }) => ({ what, port }))
}

function overlaps(bound: string, wanted: string): boolean {
  const wildcards = ['0.0.0.0', '::']
  return bound === wanted || wildcards.includes(bound) || wildcards.includes(wanted) || bound.startsWith('127.')
}
