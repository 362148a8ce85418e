/**
 * What the recorder's clients did and saw. One process holds them all, so that one clock (milliseconds since the recording
 * began) orders every begin and end: an operation that ended before another began came before it.
 */
export type Operation = Write | Put | Read

interface Attempted {
  client: string
  key: string
  /** The one that answered, or the last one asked. */
  endpoint: string
  beginMs: number
  endMs: number
}

/** The `seq`-th write of a key, which has one writer. It fails where no endpoint acknowledged it in time. */
export type Write = Attempted & { type: 'write'; seq: number } & WriteOutcome

/** The `seq`-th put that began on a register, which clients of all endpoints write at the same time. It has one attempt. */
export type Put = Attempted & { type: 'put'; seq: number } & WriteOutcome

type WriteOutcome =
  | { outcome: 'acknowledged'; revision: number }
  /** `perhaps`: it may be there all the same, now or later. */
  | { outcome: 'failed'; perhaps: boolean; error: string }

/** Linearizable. `seq` is 0 where the key is absent, -1 where the value is none of ours. */
export type Read = Attempted & { type: 'read' } & (
    | { outcome: 'answered'; seq: number; modRevision: number; revision: number }
    /** `everywhere`: no endpoint answered in time, the next one asked after each error. */
    | { outcome: 'failed'; error: string; everywhere?: true }
  )

/** Unique in a recording. */
export function valueOf(key: string, seq: number): string {
  return `${seq} ${key}`
}

export function seqOf(key: string, value: string): number {
  const seq = Number.parseInt(value, 10)
  return value === valueOf(key, seq) ? seq : -1
}
