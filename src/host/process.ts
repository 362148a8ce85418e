import type { Readable, Writable } from 'node:stream'

/** A started command: a channel of ssh2, or a local shell in tests. */
export interface Process {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  ended: Promise<Ending>
  /** Resolves when the connection can take more without queueing: signs of life must not wait behind a long upload. */
  uplink(): Promise<void>
  close(): void
  /** Ends it before its time, as well as can be from here. */
  kill(): void
}

export type Ending =
  | { kind: 'exit'; code: number }
  | { kind: 'signal'; signal: string }
  | { kind: 'lost'; error: Error | undefined }

/** Writes with backpressure; false when the process ended before it was all taken. */
export async function write(process: Process, bytes: Uint8Array): Promise<boolean> {
  await process.uplink()
  if (process.stdin.destroyed || !process.stdin.writable) return false
  if (process.stdin.write(bytes)) return true
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const drained = (): void => resolve(true)
  process.stdin.once('drain', drained)
  void process.ended.then(() => resolve(false))
  const taken = await promise
  process.stdin.off('drain', drained)
  return taken
}
