import { BrokenDatabase, Region, type ReadBytes } from './bbolt-bytes.ts'
import { headerBytes, type DatabaseMeta } from './bbolt-meta.ts'

/** A key of a bucket, and what it holds: a value, or a bucket. */
export interface Element {
  key: Buffer
  isBucket: boolean
  sizeBytes: number
  /** Piece by piece, each good until the call returns. */
  value(take: (piece: Uint8Array) => void): void
}

export type Bucket = { page: number } | { begin: number; end: number }

/**
 * Reads buckets of a bbolt database. Nothing in it is believed: each page is used once, keys ascend, elements lie one behind the other, so
 * that the time it takes grows with the file and no faster, and the memory hardly does.
 */
export class Database {
  readonly #read: ReadBytes
  readonly #meta: DatabaseMeta
  /** A bit for each page. */
  readonly #used: Uint8Array

  constructor(read: ReadBytes, meta: DatabaseMeta) {
    this.#read = read
    this.#meta = meta
    this.#used = new Uint8Array(Math.ceil(meta.pages / 8))
  }

  root(): Bucket {
    return { page: this.#meta.root }
  }

  /** In the order of their keys. */
  each(bucket: Bucket, take: (element: Element & { bucket(): Bucket }) => void): void {
    let before: Buffer | undefined
    const inOrder: typeof take = (element) => {
      if (before !== undefined && Buffer.compare(before, element.key) >= 0)
        throw new BrokenDatabase('keys of it are not in their order')
      before = element.key
      take(element)
    }
    if ('page' in bucket) this.#page(bucket.page, 0, inOrder)
    else this.#inline(bucket, inOrder)
  }

  #page(id: number, depth: number, take: Parameters<Database['each']>[1]): void {
    const { pageSize, pages, littleEndian } = this.#meta
    if (id < firstPage || id >= pages || depth > deepest)
      throw new BrokenDatabase(`it leads to a page ${id}, which cannot be`)
    const begin = id * pageSize
    const header = new Region(this.#read, begin, begin + headerBytes).view(begin, headerBytes)
    const span = 1 + header.getUint32(12, littleEndian)
    if (header.getBigUint64(0, littleEndian) !== BigInt(id) || id + span > pages)
      throw new BrokenDatabase(`page ${id} of it is damaged`)
    for (let page = id; page < id + span; page++) this.#use(page)
    const end = begin + span * pageSize
    const flags = header.getUint16(8, littleEndian)
    const count = header.getUint16(10, littleEndian)
    if (flags === flag.leaf) this.#leaf(begin, end, count, take)
    else if (flags === flag.branch)
      for (const child of this.#children(begin, end, count)) this.#page(child, depth + 1, take)
    else throw new BrokenDatabase(`page ${id} of it is of no kind that can stand there`)
  }

  #use(page: number): void {
    const [at, bit] = [page >> 3, 1 << (page & 7)]
    const bits = this.#used[at] ?? 0
    if ((bits & bit) !== 0) throw new BrokenDatabase(`page ${page} of it is used twice`)
    this.#used[at] = bits | bit
  }

  /** Read before the first is gone to, as the page is not held meanwhile. */
  #children(begin: number, end: number, count: number): number[] {
    const heads = new Region(this.#read, begin, end)
    return Array.from({ length: count }, (_, index) =>
      Number(
        heads.view(begin + headerBytes + index * elementBytes, elementBytes).getBigUint64(8, this.#meta.littleEndian),
      ),
    )
  }

  #inline({ begin, end }: { begin: number; end: number }, take: Parameters<Database['each']>[1]): void {
    const { littleEndian } = this.#meta
    const header = new Region(this.#read, begin, end).view(begin, headerBytes)
    if (header.getUint16(8, littleEndian) !== flag.leaf) throw new BrokenDatabase('a bucket of it is damaged')
    this.#leaf(begin, end, header.getUint16(10, littleEndian), take)
  }

  #leaf(begin: number, end: number, count: number, take: Parameters<Database['each']>[1]): void {
    const { littleEndian } = this.#meta
    const heads = new Region(this.#read, begin, end)
    const data = heads.holdsAll() ? heads : new Region(this.#read, begin, end)
    let behind = begin + headerBytes + count * elementBytes
    for (let index = 0; index < count; index++) {
      const at = begin + headerBytes + index * elementBytes
      const head = heads.view(at, elementBytes)
      const [kind, offset, keyBytes, sizeBytes] = [0, 4, 8, 12].map((field) =>
        head.getUint32(field, littleEndian),
      ) as Four
      const keyAt = at + offset
      const valueAt = keyAt + keyBytes
      if (keyAt < behind || keyBytes > longestKey || valueAt + sizeBytes > end)
        throw new BrokenDatabase('a key of it is damaged')
      behind = valueAt + sizeBytes
      take({
        key: Buffer.from(data.bytes(keyAt, keyBytes)),
        isBucket: (kind & 1) !== 0,
        sizeBytes,
        value: (each) => data.each(valueAt, sizeBytes, each),
        bucket: () => {
          if (sizeBytes < bucketBytes) throw new BrokenDatabase('a bucket of it is damaged')
          const page = Number(data.view(valueAt, bucketBytes).getBigUint64(0, littleEndian))
          return page === 0 ? { begin: valueAt + bucketBytes, end: valueAt + sizeBytes } : { page }
        },
      })
    }
  }
}

type Four = [number, number, number, number]

const flag = { branch: 1, leaf: 2 }
/** Behind the two meta pages. */
const firstPage = 2
/** More than 2⁴⁰ pages could need. */
const deepest = 48
const elementBytes = 16
const bucketBytes = 16
/** As bbolt has it. */
const longestKey = 32768
