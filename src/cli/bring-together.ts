import { DeployError, exitCode, together } from '../errors.ts'
import type { Move } from '../inventory/move.ts'
import { moving } from '../steps/address-change.ts'
import { hasRoom } from '../steps/copy-aside.ts'
import { recoveryLook } from '../steps/recovery-look.ts'
import { refuseRecovery } from '../steps/refuse-recovery.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { reachedHosts } from '../steps/seen.ts'
import { refuseMisfits } from './refuse-misfits.ts'
import type { Session } from './session.ts'

/** Members that lost each other and their quorum with their addresses: asked first. Answers how the copies of their data are called. */
export async function bringTogether(session: Session, moves: readonly Move[]): Promise<string> {
  const { ask, emit } = session
  const cluster = moving(session.cluster, moves)
  const seen = await seeHosts({ ...session, cluster }, [recoveryLook(cluster)])
  const refused = refuseRecovery(cluster, moves, seen)
  if (refused.length > 0) throw together(refused, `${refused.length} reasons why nothing was changed`)
  await refuseMisfits(session, moves, seen)
  for (const [host, on] of reachedHosts(seen).filter(([, each]) => !hasRoom(cluster, each)))
    emit({
      type: 'warning',
      host,
      message: `no room for a copy of its data (${Math.ceil((on.recovery?.dataKiB ?? 0) / 1024)} MiB): it is moved without one`,
      next: [],
    })
  const names = moves.map(({ node, from }) => `${node} (${from.peer.address})`).join(', ')
  const question = [
    `There is no quorum: members lost the addresses at which they know each other: ${names}.`,
    'All are stopped, their data copied aside, and brought together at the new addresses; no data is deleted. Go on?',
  ].join(' ')
  if (!(await ask.confirm(question, '--yes')))
    throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
  return `member.before-change-ip-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
}
