import { join, resolve } from 'node:path'

import { DeployError, exitCode } from '../errors.ts'
import type { BinarySource } from '../inventory/model.ts'
import type { BinaryRequest } from './binaries.ts'
import { binaryNames, fillFolder, readEntry, stampOf, writeEntry, type Entry, type Stamp } from './cache.ts'
import { sha256Of, sumsOf } from './checksums.ts'
import { checkElf } from './elf.ts'
import { checkVersion } from './check-version.ts'
import { shortHash } from './release.ts'
import { unpack } from './unpack.ts'

/** A tarball of the user's, unpacked into the cache; again when it has changed. */
export async function fromTarball(
  source: Extract<BinarySource, { kind: 'file' }>,
  { version, arch, signal }: BinaryRequest,
  cache: string,
): Promise<Entry['files']> {
  const path = resolve(source.path)
  const stamp = await stampOrRefuse(path)
  const wanted = source.sha256?.toLowerCase()
  const key = `${version}-${arch}-file-${shortHash(path)}`
  const known = await readEntry(cache, key)
  const unchanged = known?.tarball?.stamp?.size === stamp.size && known.tarball.stamp.mtimeMs === stamp.mtimeMs
  if (known !== undefined && unchanged && (wanted ?? known.tarball?.sha256) === known.tarball?.sha256)
    return known.files
  const sha256 = await sha256Of(path, signal)
  if (wanted !== undefined && sha256 !== wanted)
    throw new DeployError({
      message: `${path} is not the file that the inventory's sha256 names`,
      tried: `sha256 of ${path}`,
      answered: sha256,
      next: `The inventory wants ${wanted}: give that file, or correct \`sha256\`.`,
    })
  const entry = await fillFolder(cache, key, async (folder) => {
    const files = await unpack({ tarball: path, folder, version, arch, signal })
    return { v: 3, tarball: { sha256, stamp }, files }
  })
  return entry.files
}

/** Binaries in a folder are used where they are; only their sums are remembered. */
export async function fromFolder(
  path: string,
  { version, arch, signal }: BinaryRequest,
  cache: string,
): Promise<Entry['files']> {
  const folder = resolve(path)
  const key = `${version}-${arch}-folder-${shortHash(folder)}`
  const known = await readEntry(cache, key)
  // etcdutl exists from 3.5 on.
  const etcdutl = await stampOf(join(folder, 'etcdutl')).catch(() => undefined)
  if (known !== undefined && (known.files.etcdutl === undefined) === (etcdutl === undefined)) return known.files
  const files: Entry['files'] = {}
  for (const name of binaryNames.filter((each) => each !== 'etcdutl' || etcdutl !== undefined)) {
    const file = join(folder, name)
    const stamp = await stampOrRefuse(file)
    await checkElf(file, name, arch)
    await checkVersion(file, name, version)
    files[name] = { path: file, ...(await sumsOf(file, signal)), ...stamp }
  }
  await writeEntry(cache, key, { v: 3, files })
  return files
}

async function stampOrRefuse(path: string): Promise<Stamp> {
  try {
    return await stampOf(path)
  } catch (error) {
    throw new DeployError({
      message: `${path} cannot be read`,
      tried: `look at ${path}, which \`binaries\` in the inventory names`,
      answered: (error as Error).message,
      next: 'Correct the path: relative ones start at the folder of the inventory.',
      exitCode: exitCode.usage,
      cause: error,
    })
  }
}
