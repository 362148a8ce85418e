import { quorumOf } from '../cluster/quorum.ts'
import { DeployError, exitCode } from '../errors.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { voters } from './members.ts'
import { reached, type Seen } from './seen.ts'

/** Members that are started alone would wait for the others: a member serves once a majority runs. */
export function refuseInVain(cluster: Cluster, seen: Seen, targets: ReadonlySet<NodeName>): DeployError | undefined {
  const all = voters(cluster, seen)
  const [serving, started] = [all.filter(({ health }) => health === 'healthy'), all.filter(isStarted)]
  const needed = quorumOf(all.length)
  if (serving.length + started.length >= needed) return undefined
  const absent = cluster.nodes.filter(({ name }) => reached(seen, name) === undefined).map(({ name }) => name)
  const others = absent.length === 0 ? '' : ` (not reached: ${absent.join(', ')})`
  return new DeployError({
    message: 'too few members would run to serve: they would wait for the others',
    tried: `start ${[...targets].join(', ')}`,
    answered: `${all.length} voters, quorum ${needed}, healthy ${serving.length}, to be started ${started.length}${others}`,
    next: [
      `start at least ${needed} together: etcd-deploy start, or --on with more of them`,
      ...(absent.length === 0 ? [] : ['bring the hosts back that cannot be reached']),
    ],
    exitCode: exitCode.refused,
  })

  function isStarted({ name, health }: { name: string; health: string }): boolean {
    return health !== 'healthy' && targets.has(name) && reached(seen, name) !== undefined
  }
}
