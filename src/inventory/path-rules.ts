import type { Inventory, PathOptions } from './define.ts'
import type { Problem } from './describe.ts'
import { canonicalPath, isWithin, ownFolderProblem } from './host-path.ts'
import { saidPaths, usualPaths } from './path-presets.ts'
import type { Partly } from './prune.ts'

/** Folders whose mode and owner are set must be etcd's own, and none may lie in another that is replaced or emptied. */
export function pathProblems(inventory: Partly<Inventory>): Problem[] {
  const { service } = inventory
  const paths = saidPaths(inventory.paths)
  const problems: Problem[] = []
  for (const key of ['config', 'data', 'wal'] as const) {
    const path = paths[key]
    const reason = path === undefined ? undefined : ownFolderProblem(path, key === 'config' ? 'config' : 'data')
    if (reason !== undefined) problems.push({ path: ['paths', key], reason })
  }
  return [
    ...problems,
    ...overlaps(inventory),
    ...reserved(paths, usualPaths(inventory.paths).config),
    ...wrapperProblems(inventory, service?.name ?? 'etcd'),
    ...installedProblems(inventory),
  ]
}

function overlaps(inventory: Partly<Inventory>): Problem[] {
  const paths = saidPaths(inventory.paths)
  const { bin, config, data } = { ...usualPaths(inventory.paths), ...paths }
  const folders = { bin, config, data, ...(paths.wal === undefined ? {} : { wal: paths.wal }) }
  const entries = Object.entries(folders).map(([key, path]) => [key, canonicalPath(path)] as const)
  return entries.flatMap(([key, path], index) =>
    entries.slice(index + 1).flatMap(([other, otherPath]): Problem[] => {
      if (path === otherPath)
        return [{ path: ['paths', other], reason: `${otherPath} is paths.${key} too: each needs a folder of its own` }]
      // A file system of its own for the WAL is often mounted in the data directory; only `member/` there is etcd's.
      if (key === 'data' && other === 'wal' && !isWithin(otherPath, `${path}/member`)) return []
      if (isWithin(otherPath, path))
        return [{ path: ['paths', other], reason: `${otherPath} lies in paths.${key} (${path})` }]
      return isWithin(path, otherPath)
        ? [{ path: ['paths', key], reason: `${path} lies in paths.${other} (${otherPath})` }]
        : []
    }),
  )
}

/** What this tool keeps on the hosts beside etcd's own folders. */
function reserved(paths: Partly<PathOptions>, usualConfig: string): Problem[] {
  const admin = `${canonicalPath(paths.config ?? usualConfig)}-admin`
  return (['bin', 'config', 'data', 'wal'] as const).flatMap((key) => {
    const path = canonicalPath(paths[key] ?? '')
    const taken = ['/var/lib/etcd-deploy', admin].find((folder) => isWithin(path, folder))
    return taken === undefined ? [] : [{ path: ['paths', key], reason: `${taken} holds this tool's own files` }]
  })
}

/** The wrapper would take the real etcdctl's place, and call itself. */
function wrapperProblems({ paths, binaries }: Partly<Inventory>, service: string): Problem[] {
  if (service !== 'etcd') return []
  const reason =
    '/usr/local/bin/etcdctl is the wrapper that finds endpoints and certificate; etcd itself has to lie elsewhere, as in /opt/etcd/bin'
  const folders = [{ path: ['paths', 'bin'], folder: saidPaths(paths).bin }, ...installedFolders(binaries)]
  return folders.flatMap(({ path, folder }) =>
    folder !== undefined && canonicalPath(folder) === '/usr/local/bin' ? [{ path, reason }] : [],
  )
}

/** One unit text for all hosts: etcd lies in one and the same folder on each. */
function installedProblems({ paths, binaries }: Partly<Inventory>): Problem[] {
  const installed = installedFolders(binaries)
  const [first] = installed
  if (first === undefined) return []
  const said = saidPaths(paths).bin
  const bin = said ?? first.folder
  const apart = installed.filter(({ folder }) => canonicalPath(folder) !== canonicalPath(bin))
  const problems = apart.map(({ path, folder }) => ({
    path,
    reason: `${folder} is not ${bin}: etcd lies in the same folder on all hosts`,
  }))
  const pushed =
    typeof binaries === 'object' && !('installed' in binaries) && Object.keys(binaries).length > installed.length
  if (!pushed || said !== undefined) return problems
  return [
    ...problems,
    {
      path: first.path,
      reason: `the other architectures' etcd would be put into ${bin} too: if so, say paths.bin: '${bin}'`,
    },
  ]
}

export function installedFolders(binaries: Partly<Inventory['binaries']>): { path: string[]; folder: string }[] {
  if (typeof binaries !== 'object') return []
  if ('installed' in binaries)
    return typeof binaries.installed === 'string'
      ? [{ path: ['binaries', 'installed'], folder: binaries.installed }]
      : []
  return Object.entries(binaries).flatMap(([architecture, source]: [string, unknown]) => {
    if (typeof source !== 'object' || source === null || !('installed' in source)) return []
    return [{ path: ['binaries', architecture, 'installed'], folder: String(source.installed) }]
  })
}
