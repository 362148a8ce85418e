import { exitCode, type ExitCode } from '../errors.ts'
import { observe } from '../engine/observe.ts'
import { readOperation } from '../engine/operation.ts'
import { allWaves, narrow } from '../engine/plan.ts'
import { EtcdSubject } from '../steps/subject.ts'
import { recordPath } from '../steps/unfinished.ts'
import { loadColors, wantsColors } from '../ui/colors.ts'
import { planJson, planText } from '../ui/plan-text.ts'
import { refuse } from '../engine/refuse.ts'
import type { ChangeOptions } from './options.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { inSession } from './session.ts'

export function plan(options: ChangeOptions & { detailedExitcode?: true }): Promise<ExitCode> {
  return inSession('plan', options, async (session) => {
    const { cluster, emit, signal } = session
    const recorded = await readOperation(recordPath(cluster))
    const subject = new EtcdSubject({ cluster, emit, signal, may: 'form', recorded })
    const limits = { concurrency: cluster.concurrency, timeoutMs: commandTimeout(cluster) }
    await subject.open()
    const seen = subject.see(
      await observe({ ...session, ...limits, looks: subject.looks }, [...session.connections.keys()]),
    )
    refuse(session, subject.check(seen))
    const want = await subject.prepare(seen, { purpose: 'plan' })
    if (want === undefined) throw new Error('nothing was prepared')
    refuse(session, subject.checkWanted(want, seen))
    const { default: playbook } = await import('../../playbooks/up.ts')
    const inPki = await subject.toBeMade(seen)
    const waves = playbook.stages.flatMap((stage) =>
      allWaves({ ...stage, steps: narrow(stage.steps, session.on) }, want, seen),
    )
    if (options.json === true) session.answer(`${JSON.stringify(planJson(cluster.name, inPki, waves))}\n`)
    else session.answer(`${planText(inPki, waves, await loadColors(wantsColors(process.stdout.isTTY, process.env)))}\n`)
    return waves.length + inPki.length > 0 && options.detailedExitcode === true ? exitCode.differs : exitCode.done
  })
}
