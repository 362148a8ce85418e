import type { ErrorFacts } from '../errors.ts'

/**
 * What a run tells. The renderers (src/ui) and `--json` get these, in this order, and nothing else: the JSON lines are this type,
 * with `time` (RFC 3339) and `v` (schema version) added. `progress` may be dropped by a renderer; all others mean that something is so.
 */
export type RunEvent =
  | { type: 'run-begin'; command: string; cluster: string; version: string; nodes: string[] }
  | { type: 'run-end'; exitCode: number; summary: RunSummary }
  | { type: 'stage-begin'; stage: string }
  | { type: 'stage-end'; stage: string; outcome: 'reached' | 'failed' | 'paused' }
  | { type: 'observe-begin'; hosts: string[] }
  | { type: 'observe-end'; hosts: { host: string; reached: boolean; durationMs: number }[] }
  | { type: 'lock-taken'; hosts: string[] }
  | { type: 'lock-released'; hosts: string[] }
  | { type: 'record-written'; operation: string }
  | { type: 'record-removed'; operation: string }
  | {
      type: 'wave'
      number: number
      changes: { id: string; host: string; what: string; why: string; takesDown?: string }[]
    }
  | { type: 'change-begin'; id: string; host: string; what: string; why: string; diff?: string; takesDown?: string }
  | {
      type: 'change-end'
      id: string
      host: string
      what: string
      outcome: 'done' | 'failed'
      durationMs: number
      error?: ErrorFacts
    }
  /** Where a change stands: bytes of an upload or download, or the state of a member that starts. */
  | {
      type: 'progress'
      id: string
      host: string
      what: string
      done?: number
      total?: number
      unit?: 'bytes'
      state?: string
    }
  /** Work on the controller: a download, certificates. */
  | { type: 'task-begin'; id: string; what: string }
  | { type: 'task-end'; id: string; what: string; outcome: 'done' | 'failed'; durationMs: number }
  | { type: 'warning'; message: string; host?: string; next?: string[] }
  | { type: 'note'; message: string; diff?: string }
  | { type: 'command'; host: string; what: string; durationMs: number; code: number | undefined }
  | { type: 'pause'; stage: string; message: string }
  /** Why the run failed; for programs: people read it worded. */
  | { type: 'error'; error: object }

export interface RunSummary {
  durationMs: number
  /** Hosts on which something was changed. */
  changed: string[]
  restarted: string[]
  unchanged: string[]
  unreachable: string[]
  commands: Record<string, number>
  bytesSent: Record<string, number>
}

export type Emit = (event: RunEvent) => void

/** Questions go through here, so that "no terminal" is decided in one place (exit 3 with the flag that answers). */
export interface Ask {
  /** `flag` is what answers it without a terminal: `--yes`, `--allow-downtime`. */
  confirm(question: string, flag: string): Promise<boolean>
  /** The person must type `expected` (a cluster's name). */
  typed(question: string, expected: string, flag: string): Promise<boolean>
}
