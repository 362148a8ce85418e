import type { Connection } from '../host/host.ts'

/** Names of the hosts that could not be reached. */
export function unreachable(connections: ReadonlyMap<string, Connection>): string[] {
  return [...connections].filter(([, { kind }]) => kind === 'unreachable').map(([name]) => name)
}
