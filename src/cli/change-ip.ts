import { DeployError, exitCode, together, type ExitCode } from '../errors.ts'
import { readOperation, type Operation } from '../engine/operation.ts'
import { refuse } from '../engine/refuse.ts'
import type { Cluster } from '../inventory/model.ts'
import { sameEndpoints, type Move } from '../inventory/move.ts'
import { moving } from '../steps/address-change.ts'
import { endpointsOn } from '../steps/endpoints-seen.ts'
import { guard } from '../steps/guard.ts'
import { hasQuorum, isHealthy } from '../steps/members.ts'
import { socketsLook } from '../steps/look.ts'
import { refuseMoves } from '../steps/refuse-moves.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { reached, type Seen } from '../steps/seen.ts'
import { recordPath, refuseUnfinished, unfinishedOperation } from '../steps/unfinished.ts'
import { bringTogether } from './bring-together.ts'
import { editMoves } from './edit-moves.ts'
import { goOn, placeIn, wishesAmid } from './go-on.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import { addressChange } from './known-operation.ts'
import { endpoints, movesOf, movesRecorded, reachedAt, wishesOf, type AddressArguments } from './moves-wanted.ts'
import { operationNames } from './operation-names.ts'
import { namedInventory, type ChangeOptions } from './options.ts'
import { refuseMisfits, refuseUnsayable } from './refuse-misfits.ts'
import { runStages } from './run-stages.ts'
import { inSession, type Session } from './session.ts'
import { asOperation, beginOperation } from './staged-operation.ts'
import { tellEndpoints } from './tell-endpoints.ts'

export interface ChangeIpOptions extends ChangeOptions, AddressArguments {
  /** `--no-snapshot`: false. */
  snapshot?: boolean
}

const operationName = operationNames.changeIp

/** Members go to other addresses, ports or names; where they stand is read from hosts and etcd. */
export function changeIp(options: ChangeIpOptions): Promise<ExitCode> {
  const reachAlso = async (cluster: Cluster) => {
    const recorded = await readOperation(recordPath(cluster))
    const moves =
      recorded?.name === operationName
        ? movesRecorded(recorded)
        : movesOf(
            cluster,
            wishesOf(options, cluster, (node) => [node]),
            endpoints,
          )
    return reachedAt(cluster, moves)
  }
  return inSession(
    operationName,
    options,
    async (session) => {
      const { cluster, emit } = session
      const seen = await seeHosts(session, [socketsLook])
      const recorded = (await readOperation(recordPath(cluster))) ?? unfinishedOperation(seen, undefined)
      refuse(session, refuseUnfinished(recorded, operationName))
      const operation =
        recorded === undefined
          ? await begin(session, options, askedMoves(options, cluster, seen), seen)
          : goOn(recorded, wishesAmid(options, cluster, movesRecorded(recorded)))
      if (operation === undefined) {
        emit({ type: 'note', message: 'every member is where it shall be, and no change of address is under way' })
        return exitCode.done
      }
      if (recorded !== undefined && operation !== recorded) refuseImpossible(cluster, movesRecorded(operation), seen)
      return carryOut(session, options, operation, recorded !== undefined)
    },
    { reachAlso },
  )
}

/** By what was asked for; where nothing was, by an inventory that was edited by hand. */
function askedMoves(options: ChangeIpOptions, cluster: Cluster, seen: Seen): Move[] {
  const isAt = (node: Cluster['nodes'][number]) => {
    const on = reached(seen, node.name)
    return (on && endpointsOn(cluster, on)) ?? endpoints(node)
  }
  const wishes = wishesOf(options, cluster, (node) => [node, isAt(node)])
  if (wishes.length > 0) return movesOf(cluster, wishes, isAt)
  return cluster.nodes
    .map((node) => ({ node: node.name, from: isAt(node), to: endpoints(node) }))
    .filter(({ from, to }) => !sameEndpoints(from, to))
}

/** All that speaks against it, and all questions, before anything is written. */
async function begin(
  session: Session,
  options: ChangeIpOptions,
  moves: Move[],
  seen: Seen,
): Promise<Operation | undefined> {
  const { cluster } = session
  if (moves.length === 0) {
    await refuseMisfits(session, moves, seen)
    return undefined
  }
  refuseImpossible(cluster, moves, seen)
  await refuseUnsayable(cluster, moves)
  const finish = `etcd-deploy change-ip${namedInventory(options)}`
  const moved = moving(cluster, moves)
  if (!hasQuorum(moved, seen)) {
    const copy = await bringTogether(session, moves)
    return beginOperation({ name: operationName, args: { moves, copy }, finish })
  }
  await refuseMisfits(session, moves)
  await spare(session, options, moved, moves, seen)
  if (options.node === undefined && options.map === undefined) await confirmUnnamed(session, moves)
  return beginOperation({ name: operationName, args: { moves }, finish })
}

/** The inventory says so already, and nobody named a member: it may just as well be an old copy. */
async function confirmUnnamed({ cluster, ask }: Session, moves: readonly Move[]): Promise<void> {
  const said = moves.map(({ node, from, to }) => `${node} from ${placeIn(from)} to ${placeIn(to)}`).join(', ')
  if (await ask.confirm(`Move ${said}, as ${cluster.file} says?`, '--yes')) return
  throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
}

function refuseImpossible(cluster: Cluster, moves: readonly Move[], seen: Seen): void {
  const refused = refuseMoves(cluster, moves, seen)
  if (refused.length > 0) throw together(refused, `${refused.length} members cannot move; nothing was changed`)
}

/** The guard is asked again before each restart; here, so that nothing is begun that it would refuse. */
async function spare(
  { ask }: Session,
  options: ChangeIpOptions,
  cluster: Cluster,
  moves: readonly Move[],
  seen: Seen,
): Promise<void> {
  for (const { node } of moves) {
    if (!isHealthy(reached(seen, node)) || options.allowDowntime === true) continue
    const change = { host: node, what: 'restart the member', why: 'it moves', takesDown: node }
    const refusal = guard(cluster, change, seen)
    if (refusal === undefined) continue
    const { message, answered } = refusal.error
    if (!refusal.allowable || !(await ask.confirm(`${message} (${answered})`, '--allow-downtime'))) throw refusal.error
    options.allowDowntime = true
  }
}

async function carryOut(
  session: Session,
  options: ChangeIpOptions,
  operation: Operation,
  begun: boolean,
): Promise<ExitCode> {
  const moves = movesRecorded(operation)
  const { stages, running } = await addressChange(operation)
  const { kind, cluster } = await editMoves(session, moves)
  const isSaid = kind === 'edited'
  if (!begun && running.recovers !== true && options.snapshot !== false) await keepSnapshot(session)
  const { intent } = asOperation(session, operation, {})
  await runStages({ ...session, cluster }, stages, options, {
    may: 'change',
    ...running,
    intent: isSaid ? intent : { ...intent, stays: true },
  })
  tellEndpoints(session.emit, moving(cluster, moves))
  if (!isSaid)
    session.emit({
      type: 'warning',
      message: `${cluster.file} does not say yet where the members are, so that the operation stays open`,
      next: ['make it say so, then:', operation.finish],
    })
  return exitCode.done
}
