import { exitCode, type ExitCode } from '../errors.ts'
import { observe } from '../engine/observe.ts'
import { readOperation } from '../engine/operation.ts'
import { allWaves, narrow, type Wave } from '../engine/plan.ts'
import { EtcdSubject } from '../steps/subject.ts'
import type { Seen } from '../steps/seen.ts'
import { recordPath } from '../steps/unfinished.ts'
import { diffLines } from '../ui/diff.ts'
import { loadColors, wantsColors, type Colors } from '../ui/colors.ts'
import { cleanLine } from '../ui/text.ts'
import { refuse } from '../engine/run.ts'
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
    const waves = playbook.stages.flatMap((stage) =>
      allWaves({ ...stage, steps: narrow(stage.steps, session.on) }, want, seen),
    )
    if (options.json === true)
      process.stdout.write(
        `${JSON.stringify({ v: 1, type: 'plan', cluster: cluster.name, waves: waves.map(waveJson) })}\n`,
      )
    else process.stdout.write(`${planText(waves, await loadColors(wantsColors(process.stdout.isTTY, process.env)))}\n`)
    return waves.length > 0 && options.detailedExitcode === true ? exitCode.differs : exitCode.done
  })
}

function waveJson(wave: Wave<Seen>) {
  return wave.map(({ host, what, why, diff, takesDown }) => ({ host, what, why, diff, takesDown }))
}

function planText(waves: readonly Wave<Seen>[], colors: Colors): string {
  if (waves.length === 0) return `${colors.green('✔')} Nothing to change: the hosts are as the inventory says.`
  const lines = waves.flatMap((wave, index) => [
    colors.bold(`Wave ${index + 1}`),
    ...wave.flatMap((change) => [
      `  ${colors.cyan(change.host)}: ${cleanLine(change.what)}${change.takesDown === undefined ? '' : colors.yellow(` (restarts ${change.takesDown})`)}`,
      `    ${colors.dim(cleanLine(change.why))}`,
      ...(change.diff === undefined ? [] : diffLines(change.diff, colors).map((line) => `    ${line}`)),
    ]),
  ])
  const restarts = waves.flat().flatMap((change) => change.takesDown ?? [])
  const ending =
    restarts.length === 0 ? 'No member restarts.' : `Members that restart, in this order: ${restarts.join(', ')}.`
  return [...lines, ending].join('\n')
}
