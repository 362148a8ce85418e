import type { Binaries } from '../binaries/binaries.ts'
import type { Emit } from '../engine/events.ts'
import { task } from '../engine/task.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Architecture, BinarySource, Cluster } from '../inventory/model.ts'
import type { FileWant } from './file-want.ts'
import { DeployError, exitCode } from '../errors.ts'

/** What to push, by the hosts' architecture; none where the inventory says that they are installed. */
export type BroughtBinaries = ReadonlyMap<Architecture, FileWant[]>

export interface Bring {
  cluster: Cluster
  architectures: ReadonlySet<Architecture>
  /** False: only what the cache has. */
  download: boolean
  emit: Emit
  signal: AbortSignal
}

/** Brings the binaries for all architectures at once. */
export async function bringBinaries(bring: Bring): Promise<BroughtBinaries | 'not-at-hand'> {
  const brought = await Promise.all(
    [...bring.architectures].map(async (arch) => [arch, await bringOne(bring, arch)] as const),
  )
  if (brought.some(([, files]) => files === undefined)) return 'not-at-hand'
  return new Map(brought.map(([arch, files]) => [arch, files ?? []]))
}

async function bringOne(
  { cluster, download, emit, signal }: Bring,
  arch: Architecture,
): Promise<FileWant[] | undefined> {
  const source = sourceFor(cluster, arch)
  const request = { source, version: cluster.version, arch, signal }
  const { cachedBinaries, getBinaries } = await import('../binaries/binaries.ts')
  const cached = await cachedBinaries(request)
  if (cached !== undefined) return filesOf(cluster, cached)
  if (!download) return undefined
  const named = { id: `binaries-${arch}`, what: `get etcd ${cluster.version} for ${arch}` }
  const onProgress = (done: number, total: number | undefined): void =>
    emit({
      type: 'progress',
      ...named,
      host: 'controller',
      done,
      unit: 'bytes',
      ...(total === undefined ? {} : { total }),
    })
  return filesOf(cluster, await task(emit, named, () => getBinaries({ ...request, onProgress })))
}

function sourceFor(cluster: Cluster, arch: Architecture): BinarySource {
  const { binaries } = cluster
  if (typeof (binaries as BinarySource).kind === 'string') return binaries as BinarySource
  const source = (binaries as Partial<Record<Architecture, BinarySource>>)[arch]
  if (source !== undefined) return source
  throw new DeployError({
    message: `the inventory has no binaries for ${arch}, which some hosts are`,
    next: `add binaries.${arch}`,
    exitCode: exitCode.usage,
  })
}

function filesOf(cluster: Cluster, binaries: Binaries): FileWant[] {
  if (binaries.kind === 'installed') return []
  const at = layoutOf(cluster)
  return (['etcd', 'etcdctl', 'etcdutl'] as const).flatMap((name) => {
    const file = binaries.files[name]
    if (file === undefined) return []
    const { path, size, sha256, blake2b, gzip } = file
    return [
      {
        path: at[name],
        mode: 0o755,
        owner: 'root',
        group: 'root',
        shows: 'binary' as const,
        content: { kind: 'file' as const, path, size, sha256, blake2b, ...(gzip && { gzip }) },
      },
    ]
  })
}
