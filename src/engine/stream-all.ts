import type { Connection, OutputStream, StreamEnd } from '../host/host.ts'

/** What became of a command on one host; `failed`: it was not reached, or lost on the way. */
export type HostOutcome = StreamEnd | { kind: 'failed'; error: Error }

export interface StreamAll {
  what: string
  signal: AbortSignal
  timeoutMs(host: string): number
  onOutput: (host: string, stream: OutputStream, bytes: Uint8Array) => Promise<void> | undefined
  onEnd: (host: string, outcome: HostOutcome) => void
}

/** One command on all hosts at once. That it fails on one, or that a host is out of reach, holds up none of the others. */
export async function streamAll(
  connections: ReadonlyMap<string, Connection>,
  words: readonly string[],
  { what, signal, timeoutMs, onOutput, onEnd }: StreamAll,
): Promise<Map<string, HostOutcome>> {
  const outcomes = await Promise.all(
    [...connections].map(async ([name, connection]): Promise<[string, HostOutcome]> => {
      const outcome = await on(name, connection)
      onEnd(name, outcome)
      return [name, outcome]
    }),
  )
  return new Map(outcomes)

  async function on(name: string, connection: Connection): Promise<HostOutcome> {
    if (connection.kind === 'unreachable') return { kind: 'failed', error: connection.error }
    try {
      return await connection.host.stream(words, {
        what,
        signal,
        timeoutMs: timeoutMs(name),
        onOutput: (stream, bytes) => onOutput(name, stream, bytes),
      })
    } catch (error) {
      // It had not begun
      if (signal.aborted) return { kind: 'interrupted', ended: true }
      return { kind: 'failed', error: error as Error }
    }
  }
}
