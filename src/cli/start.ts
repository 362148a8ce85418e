import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { isHealthy } from '../steps/members.ts'
import { refuseInVain } from '../steps/refuse-in-vain.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { reached } from '../steps/seen.ts'
import type { ChangeOptions } from './options.ts'
import { runStages } from './run-stages.ts'
import { inSession } from './session.ts'
import { unreachable } from './unreachable.ts'

/** Members that do not run, all at once and as they were written last; with `--on` some of them. */
export function start(options: ChangeOptions): Promise<ExitCode> {
  return inSession('start', options, async (session) => {
    const { cluster, emit, connections } = session
    const targets = session.on ?? new Set(cluster.nodes.map(({ name }) => name))
    const refused = refuseInVain(cluster, await seeHosts(session), targets)
    if (refused !== undefined) throw refused
    const { default: playbook } = await import('../../playbooks/start.ts')
    const running = { may: 'restart' as const, only: targets, withoutUnreachable: true as const }
    const { seen } = await runStages(session, playbook.stages, options, running)
    const absent = unreachable(connections).filter((name) => targets.has(name))
    const [sick] = [...targets].filter((name) => !absent.includes(name) && !isHealthy(reached(seen, name)))
    if (sick !== undefined)
      throw new DeployError({
        message: `${sick} runs, but does not serve`,
        host: sick,
        next: ['etcd-deploy status says what is wrong with it', `etcd-deploy restart --on ${sick}`],
      })
    if (session.changed.size === 0) emit({ type: 'note', message: `all of ${[...targets].join(', ')} serve already` })
    if (absent.length === 0) return exitCode.done
    throw new DeployError({
      message: `${absent.join(', ')} could not be reached: the others serve`,
      next: 'run etcd-deploy start again once they answer',
    })
  })
}
