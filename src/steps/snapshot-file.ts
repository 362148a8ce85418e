import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

import { DeployError, exitCode } from '../errors.ts'

/** A file that appears under its name once it is whole, and never takes another one's place. */
export interface SnapshotFile {
  path: string
  /** Returns when the bytes are handed to the system: nothing piles up in memory, however fast the host sends. */
  write(chunk: Uint8Array): void
  /** Synced, then renamed. */
  keep(): void
  discard(): void
}

/** Before anything is asked of a host. */
export function refuseExisting(file: string): void {
  const path = resolve(file)
  if (existsSync(path)) throw alreadyThere(path)
  if (!existsSync(dirname(path)))
    throw new DeployError({
      message: `there is no folder ${dirname(path)}`,
      next: `make it, or give another file`,
      exitCode: exitCode.usage,
    })
}

export function createSnapshotFile(file: string): SnapshotFile {
  const path = resolve(file)
  refuseExisting(path)
  const prefix = `.${basename(path)}.etcd-deploy.`
  sweep(dirname(path), prefix)
  const temporary = join(dirname(path), `${prefix}${process.pid}`)
  const descriptor = named(path, () => openSync(temporary, 'wx', 0o600))
  let isOpen = true
  const close = (): void => {
    if (isOpen) closeSync(descriptor)
    isOpen = false
  }
  return {
    path,
    write(chunk) {
      named(path, () => {
        for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at)
      })
    },
    keep() {
      named(path, () => {
        fsyncSync(descriptor)
        close()
        settle(temporary, path)
        syncFolder(dirname(path))
      })
    },
    discard() {
      close()
      rmSync(temporary, { force: true })
    },
  }
}

/** What runs that were killed have left: their process is gone. */
function sweep(folder: string, prefix: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN
    if (Number.isSafeInteger(pid) && pid > 0 && (pid === process.pid || !isAlive(pid)))
      rmSync(join(folder, name), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A link, unlike a rename, fails where the name has been taken meanwhile; not every file system has links. */
function settle(temporary: string, path: string): void {
  try {
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(path)) throw alreadyThere(path)
    return renameSync(temporary, path)
  }
  unlinkSync(temporary)
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function alreadyThere(path: string): DeployError {
  return new DeployError({
    message: `${path} is there already, and a snapshot never overwrites anything`,
    next: 'give another file, or move that one away',
    exitCode: exitCode.usage,
  })
}

/** Failures of this machine's disk, with the file's name. */
function named<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof DeployError) throw error
    const { code = '', message } = error as NodeJS.ErrnoException
    const next =
      code === 'ENOSPC'
        ? 'free space on this machine, or give a file on another disk'
        : 'see whether this user may write there'
    throw new DeployError({
      message: `${path} cannot be written`,
      tried: `write ${path}`,
      answered: message,
      next,
      cause: error,
    })
  }
}
