import type { Connection, Fence } from '../host/host.ts'
import type { Ask, Emit } from './events.ts'
import type { Intent } from './intent.ts'

/** What every run of stages is given. */
export interface RunContext {
  connections: ReadonlyMap<string, Connection>
  emit: Emit
  ask: Ask
  signal: AbortSignal
  fence: Fence
  concurrency: number
  /** For one command that makes no change of its own length. */
  timeoutMs(host: string): number
  allowDowntime: boolean
  /** `--on`: narrows which hosts may change, never who is observed. */
  on?: ReadonlySet<string>
  /** `next`: pass the pause at which the operation stands; `all`: pass every pause. */
  pauses?: 'next' | 'all'
  /** For operations of several stages: where their intent is kept. */
  intent?: Intent
  /** Filled as the run goes on, so that a broken run can tell too. */
  changed: Set<string>
  restarted: Set<string>
}

export interface Outcome<S> {
  seen: S
  /** Set where the run ended at a pause. */
  pausedAt?: string
}
