/** What a script prints: bytes of its blocks, and marks (lines that begin with its nonce) between them. */
export interface Frames {
  data(bytes: Buffer): void
  mark(words: string[]): void
}

/**
 * Splits stdout at the nonce, wherever the chunks end. A mark needs no newline before it, so that a block's output stays
 * exact and its last line is never held back.
 */
export function frameParser(nonce: string, frames: Frames): (chunk: Buffer) => void {
  const start = Buffer.from(`${nonce} `)
  let pending: Buffer = Buffer.alloc(0)
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (pending.length > 0) {
      const at = pending.indexOf(start)
      if (at === -1) {
        const held = overlap(pending, start)
        const clear = pending.length - held
        if (clear > 0) frames.data(pending.subarray(0, clear))
        pending = pending.subarray(clear)
        return
      }
      if (at > 0) frames.data(pending.subarray(0, at))
      pending = pending.subarray(at)
      const end = pending.indexOf(0x0a)
      if (end === -1) {
        if (pending.length > markLimitBytes) throw new EndlessMark()
        return
      }
      const words = pending.subarray(start.length, end).toString().split(' ')
      pending = pending.subarray(end + 1)
      frames.mark(words)
    }
  }
}

/** A mark without an end. */
export class EndlessMark extends Error {}

/** Who knows the nonce, and that is the host alone, could otherwise fill our memory with one line. */
const markLimitBytes = 64 * 1024

/** The length of the longest end of `bytes` that may be the beginning of `start`. */
function overlap(bytes: Buffer, start: Buffer): number {
  for (let length = Math.min(bytes.length, start.length - 1); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(start.subarray(0, length))) return length
  }
  return 0
}
