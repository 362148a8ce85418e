import { planRevocation, revoke } from '../certs/revoke.ts'
import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import type { RevocationReason } from '../pki/revocation-reasons.ts'
import { crlTimes } from '../pki/crl-times.ts'
import { locally, needStore } from './certs-session.ts'
import type { CommonOptions } from './options.ts'

export interface RevokeOptions extends CommonOptions {
  reason: RevocationReason
}

export function certsRevoke(what: string, options: RevokeOptions): Promise<ExitCode> {
  return locally(options, async (session) => {
    const { cluster, ask, tell, colors } = session
    const store = needStore(session)
    const plan = planRevocation(store, cluster, what)
    for (const serial of plan.already) tell(`revoked before: ${serial}`)
    if (plan.serials.length === 0) return exitCode.done
    for (const warning of plan.warnings) tell(`${colors.yellow('!')} ${warning}`)
    if (plan.warnings.length > 0 && !(await ask.confirm(`Revoke ${what}?`, '--yes'))) {
      throw new DeployError({ message: 'nothing was revoked', exitCode: exitCode.refused })
    }
    await revoke(store, plan, options.reason, crlTimes(cluster, new Date()))
    for (const serial of plan.serials) tell(`revoked: ${serial}`)
    tell('etcd-deploy up brings the new revocation list to the members')
    return exitCode.done
  })
}
