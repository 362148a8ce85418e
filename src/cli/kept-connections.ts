import { DeployError } from '../errors.ts'
import type { Connection } from '../host/host.ts'
import type { NodeName } from '../inventory/model.ts'

/** One connection to each host, made anew where it ended. */
export interface KeptConnections {
  /** As they are at this moment: nobody waits for one that is being made. */
  now(): ReadonlyMap<NodeName, Connection>
  /** What came of reading the host: undefined: it was read. */
  heard(name: NodeName, error: Error | undefined): void
}

export interface Keeping {
  connections: Map<NodeName, Connection>
  /** Must do no harm where a login is refused, however often. */
  reconnect(name: NodeName): Promise<Connection>
  signal: AbortSignal
}

/** For a host that was read before, and for one that never was. */
const delaysMs = { known: { first: 1000, longest: 15_000 }, unknown: { first: 10_000, longest: 300_000 } }

export function keepConnections({ connections, reconnect, signal }: Keeping): KeptConnections {
  const read = new Set<NodeName>()
  /** Connected, but what runs there fails from the start, as a sudo that refuses, or a host that is slow: it is asked more and more rarely. */
  const mute = new Map<NodeName, Connection>()
  const muteMs = new Map<NodeName, number>()

  async function retryLater(name: NodeName, delayMs: number): Promise<void> {
    const { first, longest } = delaysMs[read.has(name) ? 'known' : 'unknown']
    const waitMs = Math.min(longest, Math.max(first, delayMs))
    if (!(await pause(waitMs, signal))) return
    const connection = await reconnect(name).catch((error: unknown): Connection => ({
      kind: 'unreachable',
      error: error as Error,
    }))
    if (!signal.aborted) take(name, connection, 2 * waitMs)
    else if (connection.kind === 'connected') connection.host.close()
  }

  function take(name: NodeName, connection: Connection, delayMs: number): void {
    connections.set(name, connection)
    mute.delete(name)
    muteMs.delete(name)
    if (connection.kind === 'unreachable') return void retryLater(name, delayMs)
    void connection.host.ended?.then(() => {
      if (connections.get(name) !== connection || signal.aborted) return
      take(name, { kind: 'unreachable', error: lost(name, connection.host.target) }, 0)
    })
  }

  async function leaveAlone(name: NodeName, error: Error): Promise<void> {
    const { first, longest } = delaysMs.unknown
    const waitMs = Math.min(longest, muteMs.get(name) ?? first)
    const told: Connection = { kind: 'unreachable', error }
    mute.set(name, told)
    muteMs.set(name, 2 * waitMs)
    if ((await pause(waitMs, signal)) && mute.get(name) === told) mute.delete(name)
  }

  for (const [name, connection] of connections) take(name, connection, 0)
  return {
    now: () => new Map([...connections].map(([name, connection]) => [name, mute.get(name) ?? connection])),
    heard(name, error) {
      if (error === undefined) read.add(name)
      else if (!read.has(name) && !mute.has(name) && connections.get(name)?.kind === 'connected')
        void leaveAlone(name, error)
    },
  }
}

/** False: it was broken off. */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const breakOff = (): void => end(false)
    const timer = setTimeout(() => end(true), ms)
    function end(isOver: boolean): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', breakOff)
      resolve(isOver)
    }
    signal.addEventListener('abort', breakOff)
    if (signal.aborted) breakOff()
  })
}

function lost(host: NodeName, target: string): DeployError {
  return new DeployError({ host, message: `the connection to ${target} has ended`, next: 'it is made anew by itself' })
}
