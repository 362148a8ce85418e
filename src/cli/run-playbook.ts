import { readOperation } from '../engine/operation.ts'
import type { Problem } from '../engine/playbook.ts'
import { converge } from '../engine/run.ts'
import { exitCode, type ExitCode } from '../errors.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import type { Playbook } from '../playbook.ts'
import { ownLooks } from '../steps/answers.ts'
import { HostsSubject } from '../steps/hosts-subject.ts'
import { OwnSubject } from '../steps/own-subject.ts'
import type { Seen } from '../steps/seen.ts'
import { EtcdSubject } from '../steps/subject.ts'
import { recordPath } from '../steps/unfinished.ts'
import { answering } from './answering.ts'
import { loadPlaybook } from './load-playbook.ts'
import type { ChangeOptions } from './options.ts'
import { pkiPassphrase } from './pki-passphrase.ts'
import { answerPlan, planWaves } from './plan-waves.ts'
import { inSession, type Session } from './session.ts'

export interface RunPlaybookOptions extends ChangeOptions {
  dryRun?: true
}

/** A playbook of the user's, by the same engine as every command: under the lock, with the guard, until nothing differs. */
export function runPlaybook(path: string, options: RunPlaybookOptions): Promise<ExitCode> {
  return answering(options, async () => {
    const playbook = await loadPlaybook(path)
    return inSession(`run ${playbook.name}`, options, async (session) => {
      const { subject, toBeMade } = await subjectOf(session, playbook)
      if (options.dryRun === true) {
        const { seen, waves } = await planWaves(session, subject, playbook.stages)
        await answerPlan(session, options, { inPki: await toBeMade(seen), waves })
        return exitCode.done
      }
      const { cluster, on, ...context } = session
      await converge(playbook.stages, subject, {
        ...context,
        concurrency: cluster.concurrency,
        timeoutMs: commandTimeout(cluster),
        allowDowntime: options.allowDowntime === true,
        ...(on === undefined ? {} : { on }),
      })
      return exitCode.done
    })
  })
}

/** `toBeMade`: in `pki/`. */
async function subjectOf(
  session: Session,
  playbook: Playbook,
): Promise<{ subject: OwnSubject; toBeMade(seen: Seen): Promise<readonly string[]> }> {
  const { cluster, emit, signal, on } = session
  const own = {
    looks: ownLooks(playbook.stages),
    problems: (seen: Seen): Problem[] => playbook.check?.(cluster, seen) ?? [],
  }
  const recorded = await readOperation(recordPath(cluster))
  if (playbook.about === 'hosts')
    return { subject: new OwnSubject(new HostsSubject(cluster, recorded), own), toBeMade: () => Promise.resolve([]) }
  const may = on === undefined ? 'form' : 'change'
  const etcd = new EtcdSubject({ cluster, emit, signal, may, recorded, passphrase: pkiPassphrase(session) })
  await etcd.open()
  return { subject: new OwnSubject(etcd, own), toBeMade: (seen) => etcd.toBeMade(seen) }
}
