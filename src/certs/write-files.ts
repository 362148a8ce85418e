import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DeployError } from '../errors.ts'
import { Secret } from '../secret.ts'

export interface FileToWrite {
  path: string
  content: string | Secret | Secret<Uint8Array>
  mode: number
}

/**
 * Writes all files under temporary names first, then renames them in one go: a certificate and its key are never seen apart for
 * longer than that, and what can't be written leaves the old ones.
 */
export async function writeFiles(files: readonly FileToWrite[]): Promise<void> {
  const suffix = `.new-${randomBytes(6).toString('hex')}`
  const temporary = ({ path }: FileToWrite): string => join(dirname(path), `.${basename(path)}${suffix}`)
  try {
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
    }
    for (const file of files) await write(temporary(file), file)
    for (const file of files) await rename(temporary(file), file.path)
  } catch (cause) {
    await Promise.all(files.map((file) => rm(temporary(file), { force: true })))
    throw new DeployError({
      message: `cannot write ${files.map(({ path }) => path).join(', ')}`,
      answered: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}

async function write(path: string, { content, mode }: FileToWrite): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content instanceof Secret ? content.reveal() : content)
    await file.sync()
  } finally {
    await file.close()
  }
}
