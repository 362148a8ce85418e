import { createHash } from 'node:crypto'

/** A database as bbolt writes one: written here from its description, to be damaged as no etcd ever would. */
export interface Written {
  pageSize?: number
  littleEndian?: boolean
  buckets: WrittenBucket[]
}

export interface WrittenBucket {
  name: string
  /** `inline`: within the root's page; `leaf`: a page of its own; `branch`: a page for each key and one above them. */
  as: 'inline' | 'leaf' | 'branch'
  items: [key: Buffer, value: Buffer][]
}

export const atMeta = { magic: 0, version: 4, pageSize: 8, root: 16, pages: 40, txid: 48, checksum: 56 } as const

export function revisionKey(main: number, sub = 0, deleted = false): Buffer {
  const key = Buffer.alloc(deleted ? 18 : 17)
  key.writeBigUInt64BE(BigInt(main), 0)
  key.write('_', 8)
  key.writeBigUInt64BE(BigInt(sub), 9)
  if (deleted) key.write('t', 17)
  return key
}

/** The beginning of etcd's KeyValue: its key; `rest` stands for what follows. */
export function keyValue(key: string, rest: Buffer | string = ''): Buffer {
  if (key.length > 127) throw new Error('this one writes short keys')
  return Buffer.concat([Buffer.from([0x0a, key.length]), Buffer.from(key), Buffer.from(rest)])
}

export function databaseFile({ pageSize = 4096, littleEndian = true, buckets }: Written): Buffer {
  const write = numbers(littleEndian)
  const pages: Buffer[] = [Buffer.alloc(pageSize), Buffer.alloc(pageSize)]

  function leafContent(items: readonly { key: Buffer; value: Buffer; flags?: number }[]): Buffer {
    const heads = Buffer.alloc(items.length * 16)
    let at = heads.length
    for (const [index, { key, value, flags = 0 }] of items.entries()) {
      for (const [field, number] of [flags, at - index * 16, key.length, value.length].entries())
        write(heads, number, index * 16 + field * 4, 4)
      at += key.length + value.length
    }
    return Buffer.concat([heads, ...items.flatMap(({ key, value }) => [key, value])])
  }
  function header(id: number, flags: number, count: number, overflow = 0): Buffer {
    const bytes = Buffer.alloc(16)
    write(bytes, id, 0, 8)
    write(bytes, flags, 8, 2)
    write(bytes, count, 10, 2)
    write(bytes, overflow, 12, 4)
    return bytes
  }
  function addPage(flags: number, count: number, content: Buffer): number {
    const id = pages.length
    const span = Math.ceil((16 + content.length) / pageSize)
    const bytes = Buffer.alloc(span * pageSize)
    header(id, flags, count, span - 1).copy(bytes)
    content.copy(bytes, 16)
    for (let at = 0; at < bytes.length; at += pageSize) pages.push(bytes.subarray(at, at + pageSize))
    return id
  }
  function addLeaf(items: WrittenBucket['items']): number {
    return addPage(2, items.length, leafContent(items.map(([key, value]) => ({ key, value }))))
  }
  function addBranch(items: WrittenBucket['items']): number {
    const children = items.map((item) => addLeaf([item]))
    const heads = Buffer.alloc(children.length * 16)
    for (const [index, child] of children.entries()) write(heads, child, index * 16 + 8, 8)
    return addPage(1, children.length, heads)
  }
  function bucketValue({ as, items }: WrittenBucket): Buffer {
    const value = Buffer.alloc(16)
    if (as !== 'inline') {
      write(value, as === 'leaf' ? addLeaf(items) : addBranch(items), 0, 8)
      return value
    }
    const content = leafContent(items.map(([key, of]) => ({ key, value: of })))
    return Buffer.concat([value, header(0, 2, items.length), content])
  }

  const values = buckets.map((bucket) => ({ key: Buffer.from(bucket.name), value: bucketValue(bucket), flags: 1 }))
  const root = addPage(2, values.length, leafContent(values))
  for (const [index, txid] of [8, 7].entries()) {
    const page = pages[index] as Buffer
    header(index, 4, 0).copy(page)
    const meta = page.subarray(16)
    write(meta, 0xed0cdaed, atMeta.magic, 4)
    write(meta, 2, atMeta.version, 4)
    write(meta, pageSize, atMeta.pageSize, 4)
    write(meta, root, atMeta.root, 8)
    write(meta, pages.length, atMeta.pages, 8)
    write(meta, txid, atMeta.txid, 8)
    signMeta(meta, littleEndian)
  }
  return Buffer.concat(pages)
}

/** FNV-1a, as bbolt has it. */
export function signMeta(meta: Buffer, littleEndian = true): void {
  let hash = 14695981039346656037n
  for (const byte of meta.subarray(0, atMeta.checksum)) hash = ((hash ^ BigInt(byte)) * 1099511628211n) % 2n ** 64n
  if (littleEndian) meta.writeBigUInt64LE(hash, atMeta.checksum)
  else meta.writeBigUInt64BE(hash, atMeta.checksum)
}

export function sealed(database: Buffer): Buffer {
  return Buffer.concat([database, createHash('sha256').update(database).digest()])
}

function numbers(littleEndian: boolean) {
  return (bytes: Buffer, value: number, at: number, size: 2 | 4 | 8): void => {
    const wide = Buffer.alloc(8)
    wide.writeBigUInt64LE(BigInt(value))
    const small = [...wide.subarray(0, size)]
    bytes.set(littleEndian ? small : small.toReversed(), at)
  }
}
