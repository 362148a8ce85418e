import { planRevocation, revoke } from '../certs/revoke.ts'
import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { crlTimes } from '../pki/crl-times.ts'
import type { RevocationReason } from '../pki/revocation-reasons.ts'
import { bringRevocations } from './bring-revocations.ts'
import { locally, needStore } from './certs-session.ts'
import type { CommonOptions } from './options.ts'

export interface RevokeOptions extends CommonOptions {
  reason: RevocationReason
}

/** In `pki/` first, then on every host; what is done already is not done again, so that the same command finishes it. */
export async function certsRevoke(what: string, options: RevokeOptions): Promise<ExitCode> {
  let bring: (() => Promise<ExitCode>) | undefined
  const code = await locally(options, async (session) => {
    const { cluster, ask, tell, colors } = session
    const store = needStore(session)
    const plan = planRevocation(store, cluster, what)
    for (const serial of plan.already) tell(`revoked before: ${serial}`)
    for (const warning of plan.warnings) tell(`${colors.yellow('!')} ${warning}`)
    if (plan.warnings.length > 0 && !(await ask.confirm(`Revoke ${what}?`, '--yes'))) {
      throw new DeployError({ message: 'nothing was revoked', exitCode: exitCode.refused })
    }
    if (plan.serials.length > 0) await revoke(store, plan, options.reason, crlTimes(cluster, new Date()))
    for (const serial of plan.serials) tell(`revoked: ${serial}`)
    // Also what was revoked before: a run may have been killed between pki/ and the hosts.
    const serials = [...plan.serials, ...plan.already]
    const clients = store.issued.filter(({ serial, kind }) => kind === 'client' && serials.includes(serial))
    const leaves = await Promise.all(clients.map((leaf) => store.load(leaf)))
    if (store.formed !== undefined) bring = () => bringRevocations(options, store, leaves)
    return exitCode.done
  })
  return code === exitCode.done && bring !== undefined ? bring() : code
}
