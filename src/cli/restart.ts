import { exitCode, type ExitCode } from '../errors.ts'
import type { ChangeOptions } from './options.ts'
import { runStages } from './run-stages.ts'
import { inSession } from './session.ts'

export function restart(options: ChangeOptions): Promise<ExitCode> {
  const sinceMs = Date.now()
  return inSession('restart', options, async (session) => {
    const { default: playbook } = await import('../../playbooks/restart.ts')
    await runStages(session, playbook(sinceMs).stages, options, { may: 'restart' })
    return exitCode.done
  })
}
