import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { readOperation, writeOperation, type Operation } from '../engine/operation.ts'
import { refuse } from '../engine/refuse.ts'
import type { Cluster } from '../inventory/model.ts'
import { withoutNode } from '../inventory/without-node.ts'
import { isAbout, leaverNamed, leaverRecorded } from '../steps/leaver.ts'
import { hasLeft } from '../steps/leaving.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { reached, type Seen } from '../steps/seen.ts'
import { recordPath, refuseUnfinished, unfinishedOperation } from '../steps/unfinished.ts'
import { unreachableProblems } from '../steps/unreachable.ts'
import type { Leaver } from '../steps/wanted.ts'
import { amongMembers } from './join-with.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import { forgetLeft, leftNoted, noteLeft } from './noted-left.ts'
import { nothingToRemove } from './nothing-to-remove.ts'
import { operationNames } from './operation-names.ts'
import { namedInventory, type ChangeOptions } from './options.ts'
import { refuseEarly } from './refuse-early.ts'
import { removeFromInventory } from './remove-from-inventory.ts'
import { runStages } from './run-stages.ts'
import { inSession, type Session } from './session.ts'
import { asOperation, beginOperation } from './staged-operation.ts'
import { tellEndpoints } from './tell-endpoints.ts'
import { tellLeft } from './tell-left.ts'

export interface RemoveOptions extends ChangeOptions {
  /** `--no-snapshot`: false. */
  snapshot?: boolean
}

const operationName = operationNames.memberRemove

/** A member leaves for good; also what was left to be done on its host, once that answers. */
export function memberRemove(word: string, options: RemoveOptions): Promise<ExitCode> {
  const reachAlso = async (cluster: Cluster) => {
    const node = (await remembered(cluster, word)).leaver?.node
    const isThere = node === undefined || cluster.nodes.some(({ name }) => name === node.name)
    return new Map(isThere ? [] : [[node.name, [node.ssh]]])
  }
  return inSession(
    operationName,
    options,
    async (session) => {
      const { cluster } = session
      const { local, note, leaver: known } = await remembered(cluster, word)
      const nodes = known?.node === undefined ? cluster.nodes : [...withoutNode(cluster, known.name).nodes, known.node]
      const seen = await seeHosts({ ...session, cluster: { ...cluster, nodes } })
      const recorded = local ?? unfinishedOperation(seen, undefined)
      refuse(session, refuseUnfinished(recorded, operationName))
      const leaver = recorded === undefined ? leaverNamed(cluster, word, seen, note) : leaverRecorded(recorded)
      if (recorded !== undefined && (leaver === undefined || !isAbout(leaver, word)))
        refuse(session, refuseUnfinished(recorded, undefined))
      if (leaver === undefined) return nothingToRemove(session, word, seen)
      await remove(session, options, { leaver, seen, recorded })
      return exitCode.done
    },
    { reachAlso },
  )
}

/** What this side remembers: of a removal that was begun, or of a host that was left as it was. */
async function remembered(cluster: Cluster, word: string) {
  const local = await readOperation(recordPath(cluster))
  const begun = local?.name === operationName ? leaverRecorded(local) : undefined
  const note = await leftNoted(cluster, word)
  const leaver = begun ?? (note && { name: note.node.name, id: note.memberId, node: note.node })
  return { local, note, leaver }
}

interface Removal {
  leaver: Leaver
  seen: Seen
  recorded: Operation | undefined
}

async function remove(whole: Session, options: RemoveOptions, removal: Removal): Promise<void> {
  const { leaver, seen, recorded } = removal
  const session = amongMembers(whole, leaver.name, seen)
  const finish = `etcd-deploy member remove ${leaver.name}${namedInventory(options)}`
  const args = { node: leaver.name, id: leaver.id, ...(leaver.node === undefined ? {} : { host: leaver.node }) }
  const operation = recorded ?? beginOperation({ name: operationName, args, finish })
  const running = { leaves: leaver, withoutUnreachable: true } as const
  if (recorded === undefined) await refuseEarly(session, seen, { ...running, operation: operationName })
  const stays = (await agreed(whole, options, removal, operation)) === 'computed'
  // Before the first change: its host may be lost at any moment, and the record goes with the last.
  await noteLeft(session.cluster, leaver)
  const cluster = withoutNode(session.cluster, leaver.name)
  const { intent } = asOperation(session, operation, {})
  const { default: playbook } = await import('../../playbooks/member-remove.ts')
  const outcome = await runStages({ ...session, cluster }, playbook.stages, options, {
    may: 'change',
    ...running,
    intent: { ...intent, notOn: leaver.name, ...(stays ? { stays } : {}) },
  })
  if (reached(outcome.seen, leaver.name) !== undefined) await forgetLeft(cluster, leaver.name)
  tellLeft({ ...session, cluster }, leaver, outcome.seen, finish)
  tellEndpoints(session.emit, cluster)
  if (stays)
    session.emit({
      type: 'warning',
      message: `${cluster.file} still names ${leaver.name}, so that the operation stays open`,
      next: ['take it out, then:', finish],
    })
}

/** All questions, the snapshot, the record, the inventory, in this order: whoever knows of the edit knows how to reach the host. */
async function agreed(
  session: Session,
  options: RemoveOptions,
  { leaver, seen, recorded }: Removal,
  operation: Operation,
): Promise<'edited' | 'computed' | 'nothing'> {
  const { cluster, ask } = session
  const isMember = !hasLeft(leaver.id, seen)
  const record = async (): Promise<void> => {
    if (recorded === undefined && isMember && options.snapshot !== false)
      await keepSnapshot(amongMembers(session, leaver.name, seen), { needs: 'quorum' })
    await writeOperation(recordPath(cluster), operation)
  }
  const node = cluster.nodes.find(({ name }) => name === leaver.name)
  if (node !== undefined) {
    const kind = await removeFromInventory(session, node, record)
    if (kind === 'edited') return kind
  }
  if (recorded === undefined && isMember) {
    const question = `Remove ${leaver.name} (${leaver.id}) from the cluster for good?`
    if (!(await ask.confirm(question, '--yes')))
      throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
  }
  // Nothing but its host is left to do, and that can't be done.
  if (!isMember && recorded === undefined && node === undefined && leaver.node !== undefined)
    refuse(session, unreachableProblems(leaver.node, seen, { forming: false }))
  await record()
  return node === undefined ? 'nothing' : 'computed'
}
