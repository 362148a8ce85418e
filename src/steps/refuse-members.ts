import { mayAdd, mayRemove, type Verdict } from '../cluster/quorum.ts'
import { DeployError, exitCode } from '../errors.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { voters } from './members.ts'
import type { Seen } from './seen.ts'

/** Why a node can't become a member now. */
export function refuseToAdd(cluster: Cluster, name: NodeName, seen: Seen): DeployError[] {
  const members = { ...cluster, nodes: cluster.nodes.filter((node) => node.name !== name) }
  const all = voters(members, seen)
  const away = all.filter(({ health }) => health !== 'healthy').map((voter) => voter.name)
  return refused(
    mayAdd(all),
    name,
    'cannot be added now',
    away.length === all.length
      ? []
      : away.map(
          (dead) => `if ${dead} is dead: etcd-deploy member remove ${dead}, or etcd-deploy member replace ${dead}`,
        ),
  )
}

/** Why a member can't leave and come back now: both need the others. */
export function refuseToReplace(cluster: Cluster, name: NodeName, seen: Seen): DeployError[] {
  const all = voters(cluster, seen)
  return [
    ...refused(mayRemove(name, all), name, 'cannot be replaced now: it cannot leave', []),
    ...refused(
      mayAdd(all.filter((voter) => voter.name !== name)),
      name,
      'cannot be replaced now: it could leave, but not come back',
      [],
    ),
  ].slice(0, 1)
}

function refused(verdict: Verdict, host: NodeName, what: string, next: string[]): DeployError[] {
  if (verdict.kind !== 'refused') return []
  return [
    new DeployError({
      message: `${host} ${what}, as too few of the others are healthy`,
      host,
      tried: 'count the members that serve',
      answered: verdict.arithmetic,
      next: ['bring the others back first: etcd-deploy status names them', ...next],
      exitCode: exitCode.refused,
    }),
  ]
}
