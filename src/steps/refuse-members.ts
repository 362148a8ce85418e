import { mayAdd, mayRemove, type Verdict, type Voter } from '../cluster/quorum.ts'
import { DeployError, exitCode } from '../errors.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { withoutNode } from '../inventory/without-node.ts'
import { memberList, nameOf, voters } from './members.ts'
import type { Seen } from './seen.ts'
import type { Leaver } from './wanted.ts'

/** Why a node can't become a member now. */
export function refuseToAdd(cluster: Cluster, name: NodeName, seen: Seen): DeployError[] {
  const all = voters(withoutNode(cluster, name), seen)
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

/** Why a member can't leave for good now, by its id; one that etcd does not have any more may be gone after. */
export function refuseToRemove(
  cluster: Cluster,
  { id, name: called }: Pick<Leaver, 'id' | 'name'>,
  seen: Seen,
): DeployError[] {
  const members = memberList(seen)
  if (members === undefined) return [withoutList(called, voters(cluster, seen))]
  const member = members.find((each) => each.id === id)
  if (member === undefined) return []
  const name = nameOf(cluster, seen, member)
  const all = voters(cluster, seen)
  const others = all.filter((voter) => voter.name !== name)
  if (others.length === 0) return [lastVoter(name, members.length > 1)]
  const dead = others.filter((other) => other.health !== 'healthy' && mayRemove(other.name, all).kind === 'may')
  const strangers = others.filter((other) => cluster.nodes.every((node) => node.name !== other.name))
  return refused(mayRemove(name, all), name, 'cannot be removed now', [
    ...strangers.map(
      (other) => `how ${other.name} is nobody can tell: put it back into the inventory until it is removed`,
    ),
    ...dead.map((other) => `or let the dead go first: etcd-deploy member remove ${other.name}`),
    'or end the cluster: etcd-deploy down sets its data aside',
  ])
}

function lastVoter(name: string, withLearners: boolean): DeployError {
  return new DeployError({
    message: `${name} cannot be removed: it is the only voter, and the cluster would end with it`,
    host: name,
    tried: 'count the voters',
    answered: '1 voter, the others must have 1 healthy, 0 are',
    next: [
      withLearners
        ? 'let a learner become a voter first: etcd-deploy member add NODE'
        : 'let another in first: put it into the inventory, then etcd-deploy member add NODE',
      'to end the cluster: etcd-deploy down',
    ],
    exitCode: exitCode.refused,
  })
}

/** Without quorum etcd tells nobody the list, and lets nobody go: what serves of the inventory's nodes says how much is missing. */
function withoutList(name: NodeName, nodes: readonly Voter[]): DeployError {
  const verdict = mayRemove(name, nodes)
  return new DeployError({
    message: `${name} cannot be removed now: no member tells who is in the cluster, as without quorum none does`,
    host: name,
    tried: "ask every member for the list, and count the inventory's nodes that serve",
    ...(verdict.kind === 'refused' ? { answered: verdict.arithmetic } : {}),
    next: [
      'bring the others back first: etcd-deploy status says what is wrong with them',
      'or end the cluster: etcd-deploy down sets its data aside',
    ],
    exitCode: exitCode.refused,
  })
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
