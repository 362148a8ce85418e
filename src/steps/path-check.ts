import { exitCode } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { managedBy } from './foreign.ts'
import { grave } from './problem.ts'
import type { ReachedHost } from './seen.ts'

/** Whether what lies at our paths is ours, or nothing. */
export function pathProblems(cluster: Cluster, { name }: Node, on: ReachedHost): Problem[] {
  const at = layoutOf(cluster)
  const wrapper = on.files.get(at.wrapper)
  const problems: Problem[] = []
  if (wrapper !== undefined && managedBy(wrapper.text ?? '') !== cluster.name) {
    problems.push(
      grave(name, {
        message: `${at.wrapper} is there and not ours`,
        tried: `read ${at.wrapper}`,
        next: 'move it away; up puts a wrapper there that gives endpoints and certificate',
        exitCode: exitCode.refused,
      }),
    )
  }
  for (const path of [cluster.paths.bin, cluster.paths.config, cluster.paths.data, cluster.paths.wal]) {
    const seen = path === undefined ? undefined : on.files.get(path)
    if (seen !== undefined && seen.type !== 'directory')
      problems.push(grave(name, { message: `${path} is not a folder`, tried: `look at ${path}` }))
  }
  const entries = on.dataEntries.filter(
    (entry) =>
      entry !== 'lost+found' &&
      entry !== 'member' &&
      !entry.startsWith('member.') &&
      !`${cluster.paths.wal}/`.startsWith(`${cluster.paths.data}/${entry}/`),
  )
  const isFolder = on.files.get(cluster.paths.data)?.type === 'directory'
  if (isFolder && entries.length > 0 && !on.files.has(`${cluster.paths.data}/member`)) {
    problems.push(
      grave(name, {
        message: `${cluster.paths.data} holds other files`,
        tried: `look into ${cluster.paths.data}`,
        answered: entries.slice(0, 10).join(', '),
        next: 'set paths.data to an empty folder',
        exitCode: exitCode.refused,
      }),
    )
  }
  return problems
}
