import { exitCode, type ExitCode } from '../errors.ts'
import { clientUrls } from '../etcd/urls.ts'
import type { ChangeOptions } from './options.ts'
import { runStages } from './run-stages.ts'
import { inSession } from './session.ts'

export function up(options: ChangeOptions): Promise<ExitCode> {
  return inSession('up', options, async (session) => {
    const { default: playbook } = await import('../../playbooks/up.ts')
    await runStages(session, playbook.stages, options)
    const { cluster, emit } = session
    emit({
      type: 'note',
      message: `endpoints: ${cluster.nodes.flatMap((node) => clientUrls(cluster, node)).join(',')}`,
    })
    return exitCode.done
  })
}
