import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { readOperation } from '../engine/operation.ts'
import { converge } from '../engine/run.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { reachedHosts } from '../steps/seen.ts'
import { arithmeticOfAll, arithmeticWithout, runs } from '../steps/stop.ts'
import { StopSubject } from '../steps/stop-subject.ts'
import { recordPath } from '../steps/unfinished.ts'
import type { ChangeOptions } from './options.ts'
import { inSession, type Session } from './session.ts'
import { unreachable } from './unreachable.ts'

/** The whole cluster, or with `--on` some of its members while the others serve. */
export function stop(options: ChangeOptions): Promise<ExitCode> {
  return inSession('stop', options, async (session) => {
    const { cluster, on, emit, connections } = session
    const targets = on ?? new Set(cluster.nodes.map(({ name }) => name))
    const whole = targets.size === cluster.nodes.length
    if (options.allowDowntime !== true) await (whole ? agreed(session) : keepsQuorum(session, targets))
    const { default: playbook } = await import('../../playbooks/stop.ts')
    const subject = new StopSubject({ cluster, targets, recorded: await readOperation(recordPath(cluster)) })
    await converge(playbook({ whole }).stages, subject, {
      ...session,
      on: targets,
      concurrency: cluster.concurrency,
      timeoutMs: commandTimeout(cluster),
      allowDowntime: options.allowDowntime === true,
      // They are not started again.
      restarted: new Set(),
    })
    const absent = unreachable(connections).filter((name) => targets.has(name))
    const stopped = [...targets].filter((name) => !absent.includes(name)).join(', ')
    emit({ type: 'note', message: session.changed.size === 0 ? `nothing runs on ${stopped}` : restsUntil(stopped) })
    if (absent.length === 0) return exitCode.done
    throw new DeployError({
      message: `${absent.join(', ')} could not be reached: a member may go on running there`,
      next: 'run etcd-deploy stop again once they answer',
    })
  })
}

function restsUntil(stopped: string): string {
  return `${stopped}: stopped, not disabled: etcd-deploy start starts it again, and so do up and a boot of its host`
}

/** One by one the guard would stop the first of them, and refuse the second. */
async function keepsQuorum(session: Session, targets: ReadonlySet<string>): Promise<void> {
  const arithmetic = arithmeticWithout(session.cluster, await seeHosts(session), targets)
  if (arithmetic === undefined || (await session.ask.confirm(`${arithmetic}. Go on?`, '--allow-downtime'))) return
  throw new DeployError({
    message: `stopping ${[...targets].join(', ')} would cost the cluster its quorum`,
    tried: 'count the voters that would stay',
    answered: arithmetic,
    next: ['stop fewer at a time', '--allow-downtime stops them all the same'],
    exitCode: exitCode.refused,
  })
}

/** Asked only where something runs. */
async function agreed(session: Session): Promise<void> {
  const { cluster, ask } = session
  const seen = await seeHosts(session)
  if (!reachedHosts(seen).some(([, on]) => runs(on))) return
  const question = `stop takes the whole cluster ${cluster.name} down (${arithmeticOfAll(cluster, seen)}): nobody can read or write until etcd-deploy start; data stays where it is. Go on?`
  if (await ask.confirm(question, '--yes')) return
  throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
}
