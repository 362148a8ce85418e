import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DeployError, exitCode } from '../errors.ts'
import { hasCode } from './publish.ts'

/** Refuses a folder of keys that others could read, change or have put there: the folder itself and all below `cluster`. */
export async function refuseUnsafe(root: string, cluster: string): Promise<void> {
  // The root first: below one that belongs to somebody else there may be nothing to see.
  const problem = (await problemOf(root, root)) ?? (await problemBelow(cluster, root))
  if (problem) throw new DeployError({ ...problem, exitCode: exitCode.refused })
}

interface Problem {
  message: string
  next: string
}

async function problemBelow(path: string, root: string): Promise<Problem | undefined> {
  const problem = await problemOf(path, root)
  if (problem) return problem
  const entries = await readdir(path).catch(gone('ENOENT', 'ENOTDIR'))
  const below = await Promise.all((entries ?? []).map((entry) => problemBelow(join(path, entry), root)))
  return below.find((found) => found !== undefined)
}

async function problemOf(path: string, root: string): Promise<Problem | undefined> {
  // Gone since it was listed: a temporary folder of another run.
  const seen = await lstat(path).catch(gone('ENOENT'))
  if (seen === undefined) return undefined
  if (seen.isSymbolicLink()) {
    const next = `Put the folder itself there, or name where it is in the inventory: tls: { pki: { dir: '…' } }`
    return { message: `${path} is a symbolic link: private keys are kept in a folder of their own`, next }
  }
  if (path === root && !seen.isDirectory()) {
    return { message: `${path} is not a folder`, next: `Name a folder in the inventory: tls: { pki: { dir: '…' } }` }
  }
  const uid = process.getuid?.()
  // Where there are no user ids there are no modes either.
  if (uid === undefined) return undefined
  if (seen.uid !== uid) {
    const message = `${path} belongs to user id ${seen.uid}, and this runs as ${uid}`
    return { message, next: `sudo chown -R ${uid} ${word(root)}` }
  }
  if ((seen.mode & 0o077) === 0) return undefined
  const mode = (seen.mode & 0o777).toString(8).padStart(4, '0')
  return { message: `${path} is open to other users (mode ${mode})`, next: `chmod -R go-rwx ${word(root)}` }
}

function gone(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.some((code) => hasCode(error, code))) throw error
  }
}

/** For a person to paste. */
function word(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
