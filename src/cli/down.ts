import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { readOperation } from '../engine/operation.ts'
import { converge } from '../engine/run.ts'
import { openPki } from '../pki/open.ts'
import { DownSubject } from '../steps/down-subject.ts'
import { setAsideAt } from '../steps/set-aside.ts'
import { recordPath } from '../steps/unfinished.ts'
import type { ChangeOptions } from './options.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { inSession, type Session } from './session.ts'

export function down(options: ChangeOptions & { purge?: true }): Promise<ExitCode> {
  return inSession('down', options, async (session) => {
    const purge = options.purge === true
    await confirmed(session, purge)
    const { default: playbook } = await import('../../playbooks/down.ts')
    const { cluster, on, ...context } = session
    if (on !== undefined)
      throw new DeployError({
        message: 'down ends a whole cluster: --on does not go with it',
        next: 'etcd-deploy member remove NODE takes one member out',
        exitCode: exitCode.usage,
      })
    const limits = { concurrency: cluster.concurrency, timeoutMs: commandTimeout(cluster), allowDowntime: true }
    const subject = new DownSubject(cluster, await readOperation(recordPath(cluster)))
    const { seen } = await converge(playbook({ purge }).stages, subject, { ...context, ...limits })
    for (const { hosts, folders } of setAsideAt(cluster, seen))
      context.emit({ type: 'note', message: `${hosts.join(', ')}: data set aside as ${folders.join(' and ')}` })
    await (await openPki(cluster.pki.dir, cluster.name))?.close(new Date())
    return exitCode.done
  })
}

async function confirmed({ cluster, ask }: Session, purge: boolean): Promise<void> {
  const names = cluster.nodes.map(({ name }) => name).join(', ')
  const { data, wal } = cluster.paths
  const fate = purge
    ? `and DELETES all data in ${data}${wal === undefined ? '' : ` and ${wal}`}, also what was set aside`
    : `and sets its data aside in ${data}`
  const question = `down ends the cluster ${cluster.name} on ${names}: stops and removes it ${fate}.`
  if (await ask.typed(question, cluster.name, '--yes')) return
  throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
}
