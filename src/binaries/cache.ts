import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

import { DeployError } from '../errors.ts'
import type { Sums } from './checksums.ts'

export const binaryNames = ['etcd', 'etcdctl', 'etcdutl'] as const
export type BinaryName = (typeof binaryNames)[number]

export interface BinaryFile extends Sums {
  path: string
  size: number
  /** The same compressed, as it travels to hosts; not of files that are the user's own. */
  gzip?: { path: string; size: number }
}

export type BinaryFiles = Partial<Record<BinaryName, BinaryFile>>

/** Size and time of a file: cheap to compare, and enough in a folder that only its owner can write. */
export interface Stamp {
  size: number
  mtimeMs: number
}

/** One remembered set of binaries. Only what an entry names is ever used, and it is written last, whole. */
export interface Entry {
  v: 3
  /** What they came from; `stamp` where it is a file of the user's that may change. */
  tarball?: { sha256: string; stamp?: Stamp }
  files: Partial<Record<BinaryName, BinaryFile & Stamp & { gzip?: { path: string } & Stamp }>>
}

export function cacheFolder(cacheDir?: string): string {
  if (cacheDir !== undefined) return cacheDir
  const xdg = process.env.XDG_CACHE_HOME
  const home = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache')
  return join(home, 'etcd-deploy', 'binaries')
}

/** Undefined where nothing is remembered, or where a file is not as it was left. */
export async function readEntry(cache: string, key: string): Promise<Entry | undefined> {
  const entry = await parseEntry(join(cache, `${key}.json`))
  if (entry === undefined) return undefined
  const files = Object.values(entry.files).flatMap((file) => (file.gzip === undefined ? [file] : [file, file.gzip]))
  const whole = await Promise.all(files.map((file) => isAsLeft(file.path, file)))
  return whole.every(Boolean) ? entry : undefined
}

/**
 * `make` fills a new folder and answers its entry. Two processes that do this at once each fill their own, and the later entry
 * replaces the earlier; a killed one leaves a folder that no entry names.
 */
export async function fillFolder(cache: string, key: string, make: (folder: string) => Promise<Entry>): Promise<Entry> {
  const folder = temporaryPath(cache, key)
  try {
    await makeCache(cache)
    await mkdir(folder, { mode: 0o700 })
    const entry = await make(folder)
    await writeEntry(cache, key, entry)
    await sweep(cache)
    return entry
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => {})
    throw unwritable(error, cache)
  }
}

export async function writeEntry(cache: string, key: string, entry: Entry): Promise<void> {
  try {
    await makeCache(cache)
    const temporary = `${temporaryPath(cache, key)}.tmp`
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(entry))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(cache, `${key}.json`))
  } catch (error) {
    throw unwritable(error, cache)
  }
}

export async function stampOf(path: string): Promise<Stamp> {
  const { size, mtimeMs } = await stat(path)
  return { size, mtimeMs }
}

async function isAsLeft(path: string, wanted: Stamp): Promise<boolean> {
  const seen = await stampOf(path).catch(() => undefined)
  return seen !== undefined && seen.size === wanted.size && seen.mtimeMs === wanted.mtimeMs
}

async function parseEntry(path: string): Promise<Entry | undefined> {
  try {
    const entry = JSON.parse(await readFile(path, 'utf8')) as Partial<Entry>
    return entry.v === 3 && entry.files?.etcd !== undefined && entry.files.etcdctl !== undefined
      ? (entry as Entry)
      : undefined
  } catch {
    return undefined
  }
}

async function makeCache(cache: string): Promise<void> {
  await mkdir(cache, { recursive: true, mode: 0o700 })
  await chmod(cache, 0o700)
}

function temporaryPath(cache: string, key: string): string {
  return join(cache, `${key}-${randomBytes(6).toString('hex')}`)
}

const dayMs = 24 * 60 * 60 * 1000

/** Takes away what killed runs and replaced entries left; a day old, because another process may still be at work in it. */
async function sweep(cache: string): Promise<void> {
  const names = await readdir(cache)
  const entries = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => parseEntry(join(cache, name))),
  )
  const used = entries.flatMap((entry) => Object.values(entry?.files ?? {}).map((file) => file.path))
  for (const name of names.filter((each) => !each.endsWith('.json'))) {
    const path = join(cache, name)
    const seen = await stat(path).catch(() => undefined)
    if (seen === undefined || Date.now() - seen.mtimeMs < dayMs) continue
    if (used.some((file) => file.startsWith(`${path}/`))) continue
    await rm(path, { recursive: true, force: true })
  }
}

function unwritable(error: unknown, cache: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === undefined || !['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR'].includes(code)) return error
  return new DeployError({
    message: `the cache of etcd's binaries cannot be written`,
    tried: `write into ${cache}`,
    answered: (error as Error).message,
    next:
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'Make room there (about 150 MiB), or set XDG_CACHE_HOME to another folder.'
        : 'Set XDG_CACHE_HOME to a folder of your own.',
    cause: error,
  })
}
