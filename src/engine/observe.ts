import pLimit from 'p-limit'

import type { Connection, Host, RunResult, Script } from '../host/host.ts'
import type { Emit } from './events.ts'
import type { HostReading, Look, LookOutput } from './playbook.ts'

export interface Observer {
  connections: ReadonlyMap<string, Connection>
  looks(host: string): Look[]
  emit: Emit
  signal: AbortSignal
  timeoutMs(host: string): number
  concurrency: number
}

/** Reads hosts whole, one command each, all at once. */
export async function observe(observer: Observer, hosts: readonly string[]): Promise<Map<string, HostReading>> {
  observer.emit({ type: 'observe-begin', hosts: [...hosts] })
  const limit = pLimit(observer.concurrency)
  const readings = await Promise.all(hosts.map((name) => limit(() => observeHost(observer, name))))
  observer.emit({
    type: 'observe-end',
    hosts: hosts.map((host, index) => {
      const reading = readings[index]
      if (reading?.kind !== 'read') return { host, reached: false, durationMs: 0 }
      return { host, reached: true, durationMs: Math.round(reading.endedAtMs - reading.startedAtMs) }
    }),
  })
  return new Map(hosts.map((name, index) => [name, readings[index] as HostReading]))
}

async function observeHost(observer: Observer, name: string): Promise<HostReading> {
  const connection = observer.connections.get(name)
  if (connection === undefined) return { kind: 'unreachable', error: new Error(`${name} is not connected`) }
  if (connection.kind === 'unreachable') return connection
  const collector = collectLooks(observer.looks(name))
  try {
    const result = await connection.host.run(collector.blocks, {
      ...readOptions(observer, name),
      onLine: collector.onLine,
    })
    return collector.reading(result)
  } catch (error) {
    if (observer.signal.aborted) throw error
    return { kind: 'unreachable', error: error as Error }
  }
}

export interface Collector {
  blocks: Script[]
  onLine(index: number, line: string): void
  /** `from`: where the looks begin among the blocks of a longer command. */
  reading(result: RunResult, from?: number): HostReading
}

/** Gathers what looks print, wherever their blocks stand in a command. */
export function collectLooks(looks: readonly Look[]): Collector {
  const startedAtMs = Date.now()
  const firstLines = new Map<number, number>()
  return {
    blocks: looks.map((look) => look.script),
    onLine: (index) => {
      if (!firstLines.has(index)) firstLines.set(index, Date.now())
    },
    reading: (result, from = 0) => ({
      kind: 'read',
      startedAtMs,
      endedAtMs: Date.now(),
      outputs: Object.fromEntries(
        looks.map((look, index): [string, LookOutput] => {
          const block = result.blocks[from + index]
          const output = block ?? { code: -1, stdout: '' }
          return [look.name, { ...output, firstLineAtMs: firstLines.get(from + index) ?? Date.now() }]
        }),
      ),
    }),
  }
}

export function hostOf(connections: ReadonlyMap<string, Connection>, name: string): Host {
  const connection = connections.get(name)
  if (connection?.kind !== 'connected') throw connection?.error ?? new Error(`${name} is not connected`)
  return connection.host
}

function readOptions(observer: Observer, name: string) {
  const { signal } = observer
  return { what: 'read the host', signal, timeoutMs: observer.timeoutMs(name), afterFailure: 'continue' as const }
}
