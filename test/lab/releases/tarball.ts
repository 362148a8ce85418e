import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { mustRun } from '../process.ts'
import { tarballName } from './versions.ts'

/** Packed as etcd's maintainers pack it: one top folder named as the file, SHA256SUMS beside the tarball. */
export async function packRelease(version: string, programs: string[], folder: string): Promise<void> {
  const file = tarballName(version)
  const top = file.replace(/\.tar\.gz$/, '')
  await mkdir(join(folder, top))
  for (const program of programs) {
    const copy = join(folder, top, basename(program))
    await copyFile(program, copy)
    await chmod(copy, 0o755)
  }
  await mustRun('tar', ['-C', folder, '--owner=0', '--group=0', '-czf', join(folder, file), top])
  const sha256 = createHash('sha256')
    .update(await readFile(join(folder, file)))
    .digest('hex')
  await writeFile(join(folder, 'SHA256SUMS'), `${sha256}  ${file}\n`)
}
