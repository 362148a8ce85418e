/** Exactly these bytes of a file, whoever gives them. */
export type ReadBytes = (position: number, length: number) => Uint8Array

/** A database that is damaged, cut off, or none of etcd's; says how. */
export class BrokenDatabase extends Error {}

const windowBytes = 1024 * 1024

/** Reads on within a region of a file that is never held whole: it may be as large as the file. */
export class Region {
  readonly #read: ReadBytes
  readonly #end: number
  readonly #begin: number
  #at: number
  #held: Uint8Array = new Uint8Array()

  constructor(read: ReadBytes, begin: number, end: number) {
    this.#read = read
    this.#begin = begin
    this.#at = begin
    this.#end = end
  }

  holdsAll(): boolean {
    return this.#end - this.#begin <= windowBytes
  }

  /** At most `windowBytes`; good until the next call. */
  bytes(position: number, length: number): Uint8Array {
    if (position < this.#at || position + length > this.#at + this.#held.length) {
      if (position < this.#begin || position + length > this.#end || length > windowBytes)
        throw new BrokenDatabase('a page of it goes beyond its end')
      // Small regions whole, so that each is read once
      const from = this.holdsAll() ? this.#begin : position
      this.#held = this.#read(from, Math.min(windowBytes, this.#end - from))
      this.#at = from
    }
    return this.#held.subarray(position - this.#at, position - this.#at + length)
  }

  view(position: number, length: number): DataView {
    const bytes = this.bytes(position, length)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Any number of bytes, piece by piece. */
  each(position: number, length: number, take: (piece: Uint8Array) => void): void {
    for (let at = position; at < position + length;) {
      const piece = this.bytes(at, Math.min(windowBytes, position + length - at))
      take(piece)
      at += piece.length
    }
  }
}
