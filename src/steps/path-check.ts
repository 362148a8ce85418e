import { exitCode } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Node, NodeName } from '../inventory/model.ts'
import { managedBy } from './foreign.ts'
import { grave } from './problem.ts'
import type { ReachedHost } from './seen.ts'
import { strangersFiles } from './strangers-files.ts'

/** Whether what lies at our paths is ours, or nothing. */
export function pathProblems(cluster: Cluster, { name }: Node, on: ReachedHost): Problem[] {
  return [
    ...strangersWrapper(cluster, name, on),
    ...noFolder(cluster, name, on),
    ...strangersData(cluster, name, on),
    ...strangersFiles(cluster, name, on),
  ]
}

function strangersWrapper(cluster: Cluster, name: NodeName, on: ReachedHost): Problem[] {
  const at = layoutOf(cluster)
  const wrapper = on.files.get(at.wrapper)
  if (wrapper === undefined || managedBy(wrapper.text ?? '') === cluster.name) return []
  return [
    grave(name, {
      message: `${at.wrapper} is there and not ours`,
      tried: `read ${at.wrapper}`,
      next: 'move it away; up puts a wrapper there that gives endpoints and certificate',
      exitCode: exitCode.refused,
    }),
  ]
}

function noFolder({ paths }: Cluster, name: NodeName, on: ReachedHost): Problem[] {
  return [paths.bin, paths.config, paths.data, paths.wal].flatMap((path) => {
    const seen = path === undefined ? undefined : on.files.get(path)
    if (seen === undefined || seen.type === 'directory') return []
    return [
      grave(name, {
        message: `${path} is not a folder`,
        tried: `look at ${path}`,
        next: 'move it away, or set another folder in `paths`',
      }),
    ]
  })
}

function strangersData({ paths }: Cluster, name: NodeName, on: ReachedHost): Problem[] {
  const entries = on.dataEntries.filter(
    (entry) =>
      entry !== 'lost+found' &&
      entry !== 'member' &&
      !entry.startsWith('member.') &&
      !`${paths.wal}/`.startsWith(`${paths.data}/${entry}/`),
  )
  const isFolder = on.files.get(paths.data)?.type === 'directory'
  if (!isFolder || entries.length === 0 || on.files.has(`${paths.data}/member`)) return []
  return [
    grave(name, {
      message: `${paths.data} holds other files`,
      tried: `look into ${paths.data}`,
      answered: entries.slice(0, 10).join(', '),
      next: 'set paths.data to an empty folder',
      exitCode: exitCode.refused,
    }),
  ]
}
