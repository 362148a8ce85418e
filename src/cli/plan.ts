import { readOperation } from '../engine/operation.ts'
import { exitCode, type ExitCode } from '../errors.ts'
import { EtcdSubject } from '../steps/subject.ts'
import { recordPath } from '../steps/unfinished.ts'
import type { ChangeOptions } from './options.ts'
import { answerPlan, planWaves } from './plan-waves.ts'
import { inSession } from './session.ts'

export function plan(options: ChangeOptions & { detailedExitcode?: true }): Promise<ExitCode> {
  return inSession('plan', options, async (session) => {
    const { cluster, emit, signal } = session
    const recorded = await readOperation(recordPath(cluster))
    const subject = new EtcdSubject({ cluster, emit, signal, may: 'form', recorded })
    await subject.open()
    const { default: playbook } = await import('../../playbooks/up.ts')
    const { seen, waves } = await planWaves(session, subject, playbook.stages)
    const inPki = await subject.toBeMade(seen)
    await answerPlan(session, options, { inPki, waves })
    return waves.length + inPki.length > 0 && options.detailedExitcode === true ? exitCode.differs : exitCode.done
  })
}
