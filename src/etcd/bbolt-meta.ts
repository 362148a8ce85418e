import { BrokenDatabase, type ReadBytes } from './bbolt-bytes.ts'

/** What a database's first pages say of it: https://github.com/etcd-io/bbolt, which etcd keeps its data in. */
export interface DatabaseMeta {
  pageSize: number
  /** Pages in use; none has this number or a higher one. */
  pages: number
  /** Page of the root bucket. */
  root: number
  /** As the host that wrote it: all of etcd's platforms but s390x. */
  littleEndian: boolean
}

/** Of every page. */
export const headerBytes = 16

/** There are two, of which the newer one that is whole counts. */
export function readMeta(read: ReadBytes, sizeBytes: number): DatabaseMeta {
  const first = 2 * smallestPage > sizeBytes ? undefined : metaAt(read, 0)
  // Where the first is damaged, nobody says where the second begins
  const places = (first === undefined ? pageSizes : [first.pageSize]).filter((size) => 2 * size <= sizeBytes)
  const metas = [first, ...places.map((size) => metaAt(read, size))].filter((meta) => meta !== undefined)
  const [newest] = metas.toSorted((a, b) => (a.txid < b.txid ? 1 : -1))
  if (newest === undefined) throw new BrokenDatabase('it does not begin as a database of etcd does')
  const { pageSize, pages, root, littleEndian } = newest
  if (pages * pageSize > sizeBytes)
    throw new BrokenDatabase(`its database has ${pages * pageSize} bytes, of which ${sizeBytes} are there`)
  return { pageSize, pages, root, littleEndian }
}

const smallestPage = 512
const pageSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
const metaBytes = 64
const checkedBytes = 56
const magic = 0xed0cdaed
const formatVersion = 2

function metaAt(read: ReadBytes, position: number): (DatabaseMeta & { txid: bigint }) | undefined {
  const bytes = read(position + headerBytes, metaBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const littleEndian = view.getUint32(0, true) === magic
  if (!littleEndian && view.getUint32(0, false) !== magic) return undefined
  const pageSize = view.getUint32(8, littleEndian)
  if (view.getUint32(4, littleEndian) !== formatVersion || !pageSizes.includes(pageSize)) return undefined
  if (view.getBigUint64(56, littleEndian) !== fnv1a(bytes.subarray(0, checkedBytes))) return undefined
  return {
    pageSize,
    littleEndian,
    root: Number(view.getBigUint64(16, littleEndian)),
    pages: Number(view.getBigUint64(40, littleEndian)),
    txid: view.getBigUint64(48, littleEndian),
  }
}

function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}
