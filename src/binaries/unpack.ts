import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

import { DeployError } from '../errors.ts'
import type { Architecture } from '../inventory/model.ts'
import { binaryNames, stampOf, type BinaryName, type Entry, type Stamp } from './cache.ts'
import { checkVersion } from './check-version.ts'
import { SumsOfStream, type Sums } from './checksums.ts'
import { checkElf } from './elf.ts'
import { readTar, type TarEntry } from './tar.ts'

export interface Unpacking {
  tarball: string
  folder: string
  version: string
  arch: Architecture
  signal: AbortSignal
}

/** Takes etcd, etcdctl and etcdutl, plain files directly below one top folder, out of a release; nothing else is written. */
export async function unpack({ tarball, folder, version, arch, signal }: Unpacking): Promise<Entry['files']> {
  const sums = await extract(tarball, folder, signal)
  for (const name of sums.keys()) {
    await checkElf(join(folder, name), name, arch)
    await checkVersion(join(folder, name), name, version)
  }
  const files = await Promise.all(
    [...sums].map(async ([name, itsSums]) => {
      const path = join(folder, name)
      return [name, { path, ...itsSums, ...(await stampOf(path)), gzip: await compress(path, signal) }] as const
    }),
  )
  return Object.fromEntries(files)
}

/** As it will travel. Beyond this level half as much time again buys two parts in a hundred. */
async function compress(path: string, signal: AbortSignal): Promise<{ path: string } & Stamp> {
  const to = `${path}.gz`
  const out = createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true })
  await pipeline(createReadStream(path), createGzip({ level: 4 }), out, { signal })
  return { path: to, ...(await stampOf(to)) }
}

async function extract(tarball: string, folder: string, signal: AbortSignal): Promise<Map<BinaryName, Sums>> {
  const sums = new Map<BinaryName, Sums>()
  let topFolder: string | undefined
  try {
    await pipeline(
      createReadStream(tarball),
      createGunzip(),
      async (source: AsyncIterable<Uint8Array>) => {
        for await (const entry of readTar(source)) {
          const found = wantedName(entry)
          if (found === undefined) continue
          topFolder ??= found.top
          if (sums.has(found.name) || found.top !== topFolder) throw new Error(`it holds ${found.name} twice`)
          if (entry.type !== '0') throw new Error(`${entry.name} is no plain file in it`)
          sums.set(found.name, await writeOut(entry, join(folder, found.name)))
        }
      },
      { signal },
    )
    for (const name of ['etcd', 'etcdctl'] as const)
      if (!sums.has(name)) throw new Error(`it holds no ${name} directly below its top folder`)
  } catch (error) {
    signal.throwIfAborted()
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
    throw new DeployError({
      message: `${tarball} is not a whole release of etcd`,
      tried: `unpack ${tarball}`,
      answered: (error as Error).message,
      next: [
        'Get it once more, and compare its `sha256sum` with SHA256SUMS of the release.',
        'A release of etcd is a gzipped tar archive: one top folder with etcd, etcdctl and (from 3.5 on) etcdutl.',
      ],
      cause: error,
    })
  }
  return sums
}

function wantedName(entry: TarEntry): { top: string; name: BinaryName } | undefined {
  const parts = entry.name.replace(/^\.\//, '').split('/')
  const [top, last] = parts
  const name = binaryNames.find((each) => each === last)
  if (parts.length !== 2 || top === undefined || top === '' || top === '..' || name === undefined) return undefined
  return { top, name }
}

async function writeOut(entry: TarEntry, path: string): Promise<Sums> {
  const sums = new SumsOfStream()
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of entry.data) {
      sums.update(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return sums.digest()
}
