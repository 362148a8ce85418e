import type { Architecture, BinarySource } from '../inventory/model.ts'
import type { ReleaseSource } from './release.ts'
import { cacheFolder, readEntry, type BinaryFile, type BinaryFiles } from './cache.ts'

export interface BinaryRequest {
  source: BinarySource
  /** Exact: `3.6.16`. */
  version: string
  arch: Architecture
  /** Bytes of the download; `total` is unknown where the server does not tell. */
  onProgress?: (done: number, total: number | undefined) => void
  signal: AbortSignal
  /** Instead of the user's own cache. */
  cacheDir?: string
}

export type Binaries =
  | {
      kind: 'files'
      version: string
      arch: Architecture
      files: Required<Pick<BinaryFiles, 'etcd' | 'etcdctl'>> & BinaryFiles
    }
  /** They are on the hosts already. */
  | { kind: 'installed'; version: string; arch: Architecture; path: string }

/** The same without any network; undefined: they would have to be downloaded. */
export async function cachedBinaries(request: BinaryRequest): Promise<Binaries | undefined> {
  const { source } = request
  if (source.kind !== 'official' && source.kind !== 'mirror') return getBinaries(request)
  return (await cachedRelease(source, request, cacheFolder(request.cacheDir))) === undefined
    ? undefined
    : getBinaries(request)
}

/** Brings etcd's binaries onto the controller, verified; what was brought before costs a few calls of stat. */
export async function getBinaries(request: BinaryRequest): Promise<Binaries> {
  const { source, version, arch } = request
  if (source.kind === 'installed') return { kind: 'installed', version, arch, path: source.path }
  request.signal.throwIfAborted()
  const cache = cacheFolder(request.cacheDir)
  const files = await filesOf(source, request, cache)
  return { kind: 'files', version, arch, files: withoutStamps(files) as { etcd: BinaryFile; etcdctl: BinaryFile } }
}

// The ways that hash, unpack or download are loaded only when the cache has nothing.
async function filesOf(
  source: Exclude<BinarySource, { kind: 'installed' }>,
  request: BinaryRequest,
  cache: string,
): Promise<BinaryFiles> {
  if (source.kind === 'folder') return (await import('./local.ts')).fromFolder(source.path, request, cache)
  if (source.kind === 'file') return (await import('./local.ts')).fromTarball(source, request, cache)
  const known = await cachedRelease(source, request, cache)
  if (known !== undefined) return known
  const { releaseKey } = await import('./release.ts')
  return (await import('./download-release.ts')).downloadRelease(source, request, cache, releaseKey(source, request))
}

async function cachedRelease(
  source: ReleaseSource,
  request: BinaryRequest,
  cache: string,
): Promise<BinaryFiles | undefined> {
  const { releaseKey } = await import('./release.ts')
  const entry = await readEntry(cache, releaseKey(source, request))
  const pinned = source.sha256?.toLowerCase()
  return pinned === undefined || entry?.tarball?.sha256 === pinned ? entry?.files : undefined
}

function withoutStamps(files: BinaryFiles): BinaryFiles {
  return Object.fromEntries(
    Object.entries(files).map(([name, { path, size, sha256, blake2b, gzip }]) => [
      name,
      { path, size, sha256, blake2b, ...(gzip && { gzip: { path: gzip.path, size: gzip.size } }) },
    ]),
  )
}
