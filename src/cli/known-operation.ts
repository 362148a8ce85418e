import type { Operation } from '../engine/operation.ts'
import type { KnownOperation } from '../status/standing.ts'
import { leaverRecorded } from '../steps/leaver.ts'
import { movesRecorded } from './moves-wanted.ts'
import { operationNames } from './operation-names.ts'

/** The stages of an operation that a record names; undefined: it has none that are known here. */
export async function knownOperation({ name, args }: Operation): Promise<KnownOperation | undefined> {
  if (name === operationNames.tlsEnable) {
    const { default: playbook } = await import('../../playbooks/tls-enable.ts')
    return { stages: playbook.stages, running: { enablesTls: true } }
  }
  if (name === operationNames.changeIp) return addressChange({ args })
  const { memberAdd: add, memberReplace: replace } = operationNames
  if ((name === add || name === replace) && typeof args['node'] === 'string') {
    const { memberAdd, memberReplace } = await import('../../playbooks/member-add.ts')
    const playbook = name === add ? memberAdd : memberReplace({ id: String(args['id']) })
    return { stages: playbook.stages, running: { joins: args['node'] } }
  }
  const leaver = name === operationNames.memberRemove ? leaverRecorded({ args }) : undefined
  if (leaver !== undefined) {
    const { default: playbook } = await import('../../playbooks/member-remove.ts')
    return { stages: playbook.stages, running: { leaves: leaver } }
  }
  const { from, direction } = args
  if (name !== operationNames.rotateCa || typeof from !== 'number') return undefined
  const { rotateCa, abortCa } = await import('../../playbooks/rotate-ca.ts')
  const playbook = direction === 'back' ? abortCa({ handedOut: true }) : rotateCa
  // Nothing is made by who only looks.
  return { stages: playbook.stages, running: { rotation: { from, to: { from: 'imported' } } } }
}

/** With a name for copies of the data in its record, one that brings members together which lost each other. */
export async function addressChange({ args }: Pick<Operation, 'args'>): Promise<KnownOperation> {
  const { changeIp, recoverAddresses } = await import('../../playbooks/change-ip.ts')
  const { copy } = args
  const moves = movesRecorded({ args })
  if (typeof copy !== 'string') return { stages: changeIp.stages, running: { moves } }
  return { stages: recoverAddresses({ copy }).stages, running: { moves, recovers: true } }
}
