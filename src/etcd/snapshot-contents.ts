import { Database, type Element } from './bbolt.ts'
import { BrokenDatabase, type ReadBytes } from './bbolt-bytes.ts'
import { readMeta } from './bbolt-meta.ts'
import { Crc32c } from './crc32c.ts'
import { liveKeys } from './live-keys.ts'

/** What `etcdutl snapshot status` tells of a snapshot, reckoned as it does. */
export interface SnapshotContents {
  /** Of the newest change that is in it. */
  revision: number
  /** That are there at this revision: what etcdutl calls so from 3.6 on. Null: too many to count here. */
  totalKeys: number | null
  /** In all buckets: each revision of a key that no compaction took counts, and so do etcd's own. Older tools call these total keys. */
  records: number
  /** Of the database, without the sum behind it. */
  totalSizeBytes: number
  /** CRC-32C of all buckets, keys and values. */
  hash: number
  /** Of the cluster that it was taken from: `3.6.0`. Null: it does not say. */
  clusterVersion: string | null
}

/** Throws `BrokenDatabase`. `sizeBytes`: without the sum at its end. */
export function snapshotContents(read: ReadBytes, sizeBytes: number): SnapshotContents {
  const meta = readMeta(read, sizeBytes)
  const database = new Database(read, meta)
  const hash = new Crc32c()
  const keys = liveKeys()
  let records = 0
  let revision: number | undefined
  let clusterVersion: string | null = null
  for (const { name, bucket } of bucketsOf(database)) {
    hash.update(Buffer.from(name, 'latin1'))
    const holdsRevisions = name === revisions
    if (holdsRevisions) revision = 0
    database.each(bucket, (element) => {
      if (element.isBucket) throw new BrokenDatabase('it has a bucket within a bucket, which etcd never makes')
      let key: Buffer | undefined
      hash.update(element.key)
      element.value((piece) => {
        hash.update(piece)
        if (holdsRevisions) key ??= keyOf(piece)
      })
      records++
      if (holdsRevisions) {
        revision = mainRevision(element.key)
        if (element.key.length === deletedBytes) keys.remove(key ?? noKey())
        else keys.put(key ?? noKey())
      } else if (name === 'cluster' && element.key.toString() === 'clusterVersion') clusterVersion = shortText(element)
    })
  }
  if (revision === undefined) throw new BrokenDatabase('it is a database, but none of etcd: it has no bucket `key`')
  const totalSizeBytes = meta.pages * meta.pageSize
  return { revision, totalKeys: keys.count() ?? null, records, totalSizeBytes, hash: hash.digest(), clusterVersion }
}

/** The bucket of all revisions of all keys. */
const revisions = 'key'
/** The key of a revision that deleted has a `t` at its end. */
const deletedBytes = 18
const mostBuckets = 1000
const longestName = 255

function bucketsOf(database: Database): { name: string; bucket: ReturnType<Database['root']> }[] {
  const buckets: { name: string; bucket: ReturnType<Database['root']> }[] = []
  database.each(database.root(), (element) => {
    if (!element.isBucket || element.key.length > longestName || buckets.length >= mostBuckets)
      throw new BrokenDatabase('it is a database, but none of etcd: its buckets are others')
    buckets.push({ name: element.key.toString('latin1'), bucket: element.bucket() })
  })
  return buckets
}

/** The first field of etcd's KeyValue, as protobuf writes it: what the revision is of. */
function keyOf(value: Uint8Array): Buffer {
  let [length, at] = [0, 1]
  for (let shift = 0; value[0] === keyTag && shift < 28; shift += 7) {
    const byte = value[at++] ?? 0
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (length === 0 || at + length > value.length) return noKey()
  return Buffer.from(value.buffer, value.byteOffset + at, length)
}

function noKey(): never {
  throw new BrokenDatabase('it has a value that etcd never writes')
}

const keyTag = 0x0a

/** Eight bytes, `_`, eight bytes of the change within it, and perhaps the `t`. */
function mainRevision(key: Buffer): number {
  const whole = key.length >= 17 && key.length <= 18 && key[8] === 0x5f ? Number(key.readBigUInt64BE(0)) : Number.NaN
  if (Number.isSafeInteger(whole)) return whole
  throw new BrokenDatabase('it has a key that is no revision')
}

function shortText(element: Element): string | null {
  if (element.sizeBytes > 20) return null
  const pieces: Buffer[] = []
  element.value((piece) => pieces.push(Buffer.from(piece)))
  const text = Buffer.concat(pieces).toString()
  return /^\d+\.\d+\.\d+$/.test(text) ? text : null
}
