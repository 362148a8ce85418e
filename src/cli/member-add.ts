import { exitCode, together, type ExitCode } from '../errors.ts'
import { readOperation, type Operation } from '../engine/operation.ts'
import { refuse } from '../engine/refuse.ts'
import type { NodeName } from '../inventory/model.ts'
import { joinsAsLearner } from '../steps/joining.ts'
import { joined, refuseJoiner } from '../steps/refuse-joiner.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { recordPath, refuseUnfinished, unfinishedOperation } from '../steps/unfinished.ts'
import { joinWith } from './join-with.ts'
import { forgetLeft } from './noted-left.ts'
import { nodeNamed } from './node-named.ts'
import { operationNames } from './operation-names.ts'
import { namedInventory, type ChangeOptions } from './options.ts'
import { inSession, type Session } from './session.ts'
import { beginOperation } from './staged-operation.ts'
import { tellEndpoints } from './tell-endpoints.ts'

const operationName = operationNames.memberAdd

/** Nodes that are newly in the inventory become members, one after the other. */
export function memberAdd(names: readonly string[], options: ChangeOptions): Promise<ExitCode> {
  return inSession(operationName, options, async (session) => {
    const { cluster, emit } = session
    for (const name of names) nodeNamed(cluster, name)
    for (const name of names) await addOne(session, options, name)
    tellEndpoints(emit, cluster)
    return exitCode.done
  })
}

async function addOne(session: Session, options: ChangeOptions, name: NodeName): Promise<void> {
  const { cluster, emit } = session
  const seen = await seeHosts(session)
  const recorded = (await readOperation(recordPath(cluster))) ?? unfinishedOperation(seen, undefined)
  refuse(session, refuseUnfinished(recorded, operationName))
  if (recorded !== undefined && recorded.args['node'] !== name) refuse(session, refuseUnfinished(recorded, undefined))
  const refused = recorded === undefined ? refuseJoiner(cluster, name, seen) : []
  if (refused.length > 0) throw together(refused, 'nothing was changed')
  const how = joined(cluster, name, seen)
  if (recorded === undefined && how === 'wholly') {
    emit({ type: 'note', message: `${name} is a member already` })
    return
  }
  if (how === 'half') emit({ type: 'note', message: `${name} has been added already: going on from there` })
  if (how === 'not' && !joinsAsLearner(cluster))
    emit({
      type: 'warning',
      message: `etcd ${cluster.version} has no learners: ${name} votes at once, and until it has started there is one failure less to spare`,
      next: [],
    })
  const { memberAdd: playbook } = await import('../../playbooks/member-add.ts')
  await joinWith(session, options, playbook, { name, seen, operation: recorded ?? begin(name, options) })
  await forgetLeft(cluster, name)
}

function begin(name: NodeName, options: ChangeOptions): Operation {
  const finish = `etcd-deploy member add ${name}${namedInventory(options)}`
  return beginOperation({ name: operationName, args: { node: name }, finish })
}
