import type { Operation } from '../engine/operation.ts'
import type { KnownOperation } from '../status/standing.ts'

/** The stages of an operation that a record names; undefined: it has none that are known here. */
export async function knownOperation({ name, args }: Operation): Promise<KnownOperation | undefined> {
  if (name === 'tls enable') {
    const { default: playbook } = await import('../../playbooks/tls-enable.ts')
    return { stages: playbook.stages, running: { enablesTls: true } }
  }
  const { from, direction } = args
  if (name !== 'rotate-certs --ca' || typeof from !== 'number') return undefined
  const { rotateCa, abortCa } = await import('../../playbooks/rotate-ca.ts')
  const playbook = direction === 'back' ? abortCa({ handedOut: true }) : rotateCa
  // Nothing is made by who only looks.
  return { stages: playbook.stages, running: { rotation: { from, to: { from: 'imported' } } } }
}
