/** The end of a stream, as text of at most `limit` bytes. */
export interface Tail {
  add(chunk: Buffer): void
  text(): string
}

export function tail(limit: number): Tail {
  let kept: Buffer = Buffer.alloc(0)
  let cut = false
  return {
    add(chunk) {
      kept = Buffer.concat([kept, chunk])
      if (kept.length <= limit) return
      kept = kept.subarray(kept.length - limit)
      cut = true
    },
    text: () => (cut ? `…${kept.toString()}` : kept.toString()),
  }
}
