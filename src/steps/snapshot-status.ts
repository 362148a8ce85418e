import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'

import { DeployError, exitCode } from '../errors.ts'
import { BrokenDatabase } from '../etcd/bbolt-bytes.ts'
import { snapshotContents, type SnapshotContents } from '../etcd/snapshot-contents.ts'
import { snapshotSummer } from '../etcd/snapshot-sum.ts'

export interface SnapshotStatus extends SnapshotContents {
  /** Absolute. */
  file: string
  /** With the sum at its end. */
  sizeBytes: number
  /** Of the whole file. */
  sha256: string
}

/** Reads a snapshot here: proves that it is whole, then looks at what is in it. */
export function snapshotStatus(file: string): SnapshotStatus {
  const path = resolve(file)
  const descriptor = opened(path)
  try {
    const { size: sizeBytes } = fstatSync(descriptor)
    const { sha256 } = proven(path, descriptor, sizeBytes)
    const read = (position: number, length: number): Uint8Array => exactly(descriptor, position, length)
    return { file: path, sizeBytes, sha256, ...snapshotContents(read, sizeBytes - sumBytes) }
  } catch (error) {
    if (error instanceof BrokenDatabase) throw noSnapshot(path, error.message, foreign)
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw unreadable(path, error)
  } finally {
    closeSync(descriptor)
  }
}

const sumBytes = 32
const chunkBytes = 1024 * 1024
const pageBytes = 512

const another = 'take another: etcd-deploy snapshot save; or fetch this one again from where it was kept'
const foreign =
  'see whether it is the file that you mean: snapshots are what etcd-deploy snapshot save or etcdctl snapshot save writes'

function opened(path: string): number {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    throw unreadable(path, error, exitCode.usage)
  }
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  throw new DeployError({
    message: `${path} is not a file`,
    next: 'name the snapshot itself',
    exitCode: exitCode.usage,
  })
}

function proven(path: string, descriptor: number, sizeBytes: number): { sha256: string } {
  const sum = snapshotSummer()
  for (let at = 0; at < sizeBytes; at += chunkBytes)
    sum.add(exactly(descriptor, at, Math.min(chunkBytes, sizeBytes - at)))
  const checked = sum.end()
  if (!('broken' in checked)) return checked
  throw noSnapshot(path, ...(why(descriptor, sizeBytes) ?? [checked.broken, another]))
}

/** What people take for a snapshot, by how it begins; undefined: it may be one that is damaged. */
function why(descriptor: number, sizeBytes: number): [message: string, next: string] | undefined {
  if (sizeBytes === 0) return ['it is empty', another]
  const start = exactly(descriptor, 0, Math.min(sizeBytes, 20))
  const begins = (...bytes: number[]): boolean => bytes.every((byte, index) => start[index] === byte)
  if (begins(0x1f, 0x8b)) return ['it is compressed with gzip', 'unpack it first: gunzip']
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return ['it is compressed with zstd', 'unpack it first: unzstd']
  const magic = Buffer.from(start.subarray(16)).toString('hex')
  if (magic !== 'edda0ced' && magic !== 'ed0cdaed') return ['it does not begin as a snapshot of etcd does', foreign]
  if (sizeBytes % pageBytes !== 0) return undefined
  return [
    'it has no SHA-256 at its end: either that was cut off, or it is a copy of a member’s own file (member/snap/db), which nobody can prove whole',
    `${another}; etcdutl snapshot restore --skip-hash-check takes such a copy, at your risk`,
  ]
}

function exactly(descriptor: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let have = 0; have < length;) {
    const more = readSync(descriptor, bytes, have, length - have, position + have)
    if (more === 0) throw new BrokenDatabase('it became shorter while it was read')
    have += more
  }
  return bytes
}

function noSnapshot(path: string, why: string, next: string): DeployError {
  return new DeployError({ message: `${path} is no whole snapshot: ${why}`, tried: `read ${path}`, next })
}

function unreadable(path: string, error: unknown, code: DeployError['exitCode'] = exitCode.failed): DeployError {
  const { code: reason, message } = error as NodeJS.ErrnoException
  const isMissing = reason === 'ENOENT' || reason === 'ENOTDIR'
  return new DeployError({
    message: isMissing ? `there is no file ${path}` : `${path} cannot be read`,
    ...(isMissing ? {} : { answered: message }),
    next: isMissing ? 'see the path' : 'see whether this user may read it, and the disk',
    exitCode: code,
    cause: error,
  })
}
