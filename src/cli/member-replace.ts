import { DeployError, exitCode, together, type ExitCode } from '../errors.ts'
import { readOperation, type Operation } from '../engine/operation.ts'
import { refuse } from '../engine/refuse.ts'
import { canonicalAddress, addressProblem } from '../inventory/address.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { placeAfter, wished, type Move } from '../inventory/move.ts'
import { isHealthy, memberList } from '../steps/members.ts'
import { refuseToReplace } from '../steps/refuse-members.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { reached, type Seen } from '../steps/seen.ts'
import { unreachableProblems } from '../steps/unreachable.ts'
import { recordPath, refuseUnfinished, unfinishedOperation } from '../steps/unfinished.ts'
import { editMoves } from './edit-moves.ts'
import { amongMembers, joinWith } from './join-with.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import { endpoints, movesRecorded } from './moves-wanted.ts'
import { nodeNamed } from './node-named.ts'
import { operationNames } from './operation-names.ts'
import { namedInventory, type ChangeOptions } from './options.ts'
import { inSession, type Session } from './session.ts'
import { beginOperation } from './staged-operation.ts'
import { tellEndpoints } from './tell-endpoints.ts'

export interface ReplaceOptions extends ChangeOptions {
  with?: string
  /** `--no-snapshot`: false. */
  snapshot?: boolean
}

const operationName = operationNames.memberReplace

/** A dead or wiped member: its former self leaves the cluster, it comes back as a new one. */
export function memberReplace(name: string, options: ReplaceOptions): Promise<ExitCode> {
  const reachAlso = async (cluster: Cluster) => {
    const recorded = await readOperation(recordPath(cluster))
    const node = nodeNamed(cluster, name)
    const moves = recorded?.name === operationName ? movesRecorded(recorded) : moveOf(node, options)
    const [move] = moves
    // The old host is dead, or not meant.
    return new Map(move === undefined ? [] : [[name, [placeAfter(node.ssh, move)]]])
  }
  return inSession(
    operationName,
    options,
    async (session) => {
      const seen = await seeHosts(session)
      const recorded = (await readOperation(recordPath(session.cluster))) ?? unfinishedOperation(seen, undefined)
      refuse(session, refuseUnfinished(recorded, operationName))
      if (recorded !== undefined && recorded.args['node'] !== name)
        refuse(session, refuseUnfinished(recorded, undefined))
      const operation = recorded ?? (await begin(session, name, options, seen))
      const moves = movesRecorded(operation)
      const said = (await editMoves(session, moves)).cluster
      const cluster = { ...said, nodes: said.nodes.map((node) => moved(node, moves)) }
      const { memberReplace: playbook } = await import('../../playbooks/member-add.ts')
      const id = String(operation.args['id'])
      await joinWith({ ...session, cluster }, options, playbook({ id }), { name, seen, operation })
      tellEndpoints(session.emit, cluster)
      return exitCode.done
    },
    { reachAlso },
  )
}

async function begin(session: Session, name: string, options: ReplaceOptions, seen: Seen): Promise<Operation> {
  const { cluster, ask } = session
  const node = nodeNamed(cluster, name)
  const member = memberList(seen)?.find((each) => each.name === name)
  if (member === undefined)
    throw new DeployError({
      message: `etcd has no member ${name}, or cannot be asked`,
      tried: 'read the list of members',
      next: [`where it is new: etcd-deploy member add ${name}`, 'etcd-deploy status says what is wrong'],
      exitCode: exitCode.refused,
    })
  const refused = refuseToReplace(cluster, name, seen)
  if (refused.length > 0) throw together(refused, 'nothing was changed')
  const moves = moveOf(node, options)
  refuse(session, unreachableProblems(moved(node, moves), seen, { forming: false }))
  if (isHealthy(reached(seen, name)) && !(await ask.confirm(`${name} serves. Replace it all the same?`, '--yes')))
    throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
  if (options.snapshot !== false) await keepSnapshot(amongMembers(session, name, seen))
  const finish = `etcd-deploy member replace ${name}${namedInventory(options)}`
  const args = { node: name, id: member.id, moves }
  return beginOperation({ name: operationName, args, finish })
}

function moveOf(node: Node, { with: address }: ReplaceOptions): Move[] {
  if (address === undefined) return []
  const problem = addressProblem(address)
  if (problem !== undefined) throw new DeployError({ message: problem, exitCode: exitCode.usage })
  const from = endpoints(node)
  return [{ node: node.name, from, to: wished(from, { node: node.name, address: canonicalAddress(address) }) }]
}

function moved(node: Node, moves: readonly Move[]): Node {
  const move = moves.find((each) => each.node === node.name)
  return move === undefined ? node : { ...node, ...move.to, ssh: placeAfter(node.ssh, move) }
}
