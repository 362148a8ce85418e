import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DeployError } from '../errors.ts'
import { Secret } from '../secret.ts'

/** Path below the folder → content. */
export type Files = Record<string, string | Uint8Array | Secret>

/**
 * Makes a folder with all its files, or nothing: it is written under a temporary name, synced and renamed into place, so that a
 * crash at any moment leaves the old or the new. `taken`: another process was first; a folder once there is never replaced.
 */
export async function publish(parent: string, name: string, files: Files): Promise<'published' | 'taken'> {
  const temporary = join(parent, `${prefix}${randomBytes(6).toString('hex')}`)
  try {
    await removeAbandoned(parent)
    await mkdir(temporary, { mode: 0o700 })
    const folders = new Set(Object.keys(files).map((path) => dirname(join(temporary, path))))
    for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 })
    await Promise.all(Object.entries(files).map(([path, content]) => write(join(temporary, path), content)))
    for (const folder of withParents(folders, temporary)) await sync(folder)
    await rename(temporary, join(parent, name))
    await sync(parent)
    return 'published'
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true })
    // rename(2) replaces an empty folder only.
    if (hasCode(cause, 'ENOTEMPTY') || hasCode(cause, 'EEXIST')) return 'taken'
    throw cannotWrite(join(parent, name), cause)
  }
}

/** Writes a file beside the old one and renames it into its place. */
export async function replaceFile(path: string, content: Secret): Promise<void> {
  const temporary = `${path}${prefix}${randomBytes(6).toString('hex')}`
  try {
    await write(temporary, content)
    await rename(temporary, path)
    await sync(dirname(path))
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cannotWrite(path, cause)
  }
}

/** Without this a name can be lost in a power failure though its file was synced. */
export async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

const prefix = '.new-'
/** No run writes for so long: what is older was left by one that was killed. */
const abandonedAfterMs = 3_600_000

function cannotWrite(path: string, cause: unknown): DeployError {
  return new DeployError({
    message: `cannot write ${path}`,
    answered: cause instanceof Error ? cause.message : String(cause),
    cause,
  })
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(prefix)) continue
    const path = join(parent, entry)
    const made = await stat(path).catch(() => undefined)
    if (made && Date.now() - made.mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true })
  }
}

async function write(path: string, content: string | Uint8Array | Secret): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content instanceof Secret ? content.reveal() : content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Each folder up to `top`, the deepest first. */
function withParents(folders: Iterable<string>, top: string): string[] {
  const all = new Set<string>([top])
  for (const folder of folders) {
    for (let at = folder; at !== top; at = dirname(at)) all.add(at)
  }
  return [...all].toSorted((a, b) => b.length - a.length)
}
