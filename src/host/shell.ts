import type { DeployError } from '../errors.ts'
import type { Attempt } from './failures.ts'
import type { Limit } from './limit.ts'
import type { Ending, Process } from './process.ts'

/** A root shell on a host, wherever it comes from. */
export interface Shell {
  host: string
  /** `user@host:port`. */
  target: string
  cost: { commands: number; bytesSent: number; bytesReceived: number }
  /** Starts the shell that reads a script from stdin; resolves when it is ready for it. */
  launch: (attempt: Attempt, limit: Limit) => Promise<Process>
  /** Why not even the first line of our script ran, from what came instead. */
  refusal: (attempt: Attempt, ending: Ending, stdout: string, stderr: string) => DeployError
  onCommand?(report: CommandReport): void
}

/** For --verbose. */
export interface CommandReport {
  host: string
  what: string
  durationMs: number
  /** Of the block that failed, else 0; undefined: the command itself failed. */
  code: number | undefined
}
