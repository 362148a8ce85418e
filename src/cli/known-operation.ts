import type { Operation } from '../engine/operation.ts'
import { movesRecorded } from './moves-wanted.ts'
import type { KnownOperation } from '../status/standing.ts'

/** The stages of an operation that a record names; undefined: it has none that are known here. */
export async function knownOperation({ name, args }: Operation): Promise<KnownOperation | undefined> {
  if (name === 'tls enable') {
    const { default: playbook } = await import('../../playbooks/tls-enable.ts')
    return { stages: playbook.stages, running: { enablesTls: true } }
  }
  if (name === 'change-ip') {
    const { changeIp, recoverAddresses } = await import('../../playbooks/change-ip.ts')
    const { copy } = args
    const playbook = typeof copy === 'string' ? recoverAddresses({ copy }) : changeIp
    const recovers = typeof copy === 'string' ? { recovers: true as const } : {}
    return { stages: playbook.stages, running: { moves: movesRecorded({ args }), ...recovers } }
  }
  if ((name === 'member add' || name === 'member replace') && typeof args['node'] === 'string') {
    const { memberAdd, memberReplace } = await import('../../playbooks/member-add.ts')
    const playbook = name === 'member add' ? memberAdd : memberReplace({ id: String(args['id']) })
    return { stages: playbook.stages, running: { joins: args['node'] } }
  }
  const { from, direction } = args
  if (name !== 'rotate-certs --ca' || typeof from !== 'number') return undefined
  const { rotateCa, abortCa } = await import('../../playbooks/rotate-ca.ts')
  const playbook = direction === 'back' ? abortCa({ handedOut: true }) : rotateCa
  // Nothing is made by who only looks.
  return { stages: playbook.stages, running: { rotation: { from, to: { from: 'imported' } } } }
}
