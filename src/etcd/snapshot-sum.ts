import { createHash } from 'node:crypto'

const sumBytes = 32
/** bbolt's pages have at least this size: a whole snapshot is a number of pages and the sum behind them. */
const pageBytes = 512

/** What is wrong with a snapshot, or its SHA-256. */
export type SnapshotSum = { sha256: string } | { broken: string }

export interface SnapshotSummer {
  add(chunk: Uint8Array): void
  sizeBytes(): number
  end(): SnapshotSum
}

/** A snapshot ends in the SHA-256 of the rest: etcd's own `snapshot status` does not look at it, and misses a flipped byte. */
export function snapshotSummer(): SnapshotSummer {
  const data = createHash('sha256')
  const whole = createHash('sha256')
  let size = 0
  // The last bytes so far may be the sum.
  let tail: Buffer = Buffer.alloc(0)
  return {
    add(chunk) {
      whole.update(chunk)
      size += chunk.length
      const joined = Buffer.concat([tail, chunk])
      const clear = Math.max(0, joined.length - sumBytes)
      data.update(joined.subarray(0, clear))
      tail = Buffer.from(joined.subarray(clear))
    },
    sizeBytes: () => size,
    end() {
      if (size <= sumBytes || size % pageBytes !== sumBytes)
        return { broken: `its size, ${size} bytes, is not that of a whole snapshot` }
      if (!data.digest().equals(tail)) return { broken: 'its content does not match the SHA-256 at its end' }
      return { sha256: whole.digest('hex') }
    },
  }
}
