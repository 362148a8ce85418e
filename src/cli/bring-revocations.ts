import { proveRefused } from '../certs/prove-refused.ts'
import { readOperation } from '../engine/operation.ts'
import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { recordPath } from '../steps/unfinished.ts'
import { operationNames } from './operation-names.ts'
import type { CommonOptions } from './options.ts'
import { runStages } from './run-stages.ts'
import { inSession, type Session } from './session.ts'
import { unreachable } from './unreachable.ts'

/** Brings the list to every member and sees that it is in force; what was revoked is in `pki/` already. */
export function bringRevocations(
  options: CommonOptions,
  store: PkiStore,
  revoked: readonly StoredLeaf[],
): Promise<ExitCode> {
  return inSession('certs revoke', options, async (session) => {
    const { default: playbook } = await import('../../playbooks/revoke.ts')
    await runStages(session, playbook.stages, options, {
      may: 'change',
      withoutUnreachable: true,
      ...(await amidRotation(session)),
    })
    if (session.cluster.tls.mode === 'mutual') for (const leaf of revoked) await prove(session, store, leaf)
    const missing = unreachable(session.connections)
    if (missing.length === 0) return exitCode.done
    throw new DeployError({
      message: `the revocation list is not on ${missing.join(', ')}, which could not be reached`,
      next: 'etcd-deploy up brings it there once they answer',
    })
  })
}

/** A CA rotation may rest at a pause for months: hosts have what `pki/` says then, and a revocation can't wait for its end. */
async function amidRotation({ cluster }: Session): Promise<{ operation?: string }> {
  const recorded = await readOperation(recordPath(cluster))
  return recorded?.name === operationNames.rotateCa ? { operation: recorded.name } : {}
}

async function prove(session: Session, store: PkiStore, leaf: StoredLeaf): Promise<void> {
  const valid = store.leaf(adminName, 'client')
  if (valid === undefined) return
  const { refused, admitted, notSeen } = await proveRefused(session, leaf, valid)
  for (const { host, why } of notSeen)
    session.emit({ type: 'warning', host, message: `whether it refuses ${leaf.name} was not seen: ${why}` })
  if (refused.length > 0)
    session.emit({ type: 'note', message: `seen: ${refused.join(', ')} refuse ${leaf.name}, serial ${leaf.serial}` })
  if (admitted.length === 0) return
  throw new DeployError({
    message: `${admitted.join(', ')} still let ${leaf.name} in, though its certificate is revoked`,
    tried: `connect with serial ${leaf.serial}`,
    answered: 'an answer',
    next: 'etcd-deploy status shows whether the members run as the inventory says; etcd-deploy restart',
  })
}
