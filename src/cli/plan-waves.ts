import { observe } from '../engine/observe.ts'
import { allWaves, narrow, type Wave } from '../engine/plan.ts'
import type { Stage, Subject } from '../engine/playbook.ts'
import { refuse } from '../engine/refuse.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { loadColors, wantsColors } from '../ui/colors.ts'
import { planJson, planText } from '../ui/plan-text.ts'
import type { CommonOptions } from './options.ts'
import type { Session } from './session.ts'

/** What a run of these stages would do, wave after wave; nothing is changed, here or there. */
export async function planWaves<W, S, T>(
  session: Session,
  subject: Subject<W, S, T>,
  stages: readonly Stage<W, S, T>[],
): Promise<{ seen: S; waves: Wave<S>[] }> {
  const { concurrency } = session.cluster
  const observer = { ...session, concurrency, timeoutMs: commandTimeout(session.cluster), looks: subject.looks }
  const seen = subject.see(await observe(observer, [...session.connections.keys()]))
  refuse(session, subject.check(seen))
  const want = await subject.prepare(seen, { purpose: 'plan' })
  if (want === undefined) throw new Error('nothing was prepared')
  refuse(session, subject.checkWanted(want, seen))
  const waves = stages.flatMap((stage) => allWaves({ ...stage, steps: narrow(stage.steps, session.on) }, want, seen))
  return { seen, waves }
}

/** On stdout, for people or programs. `inPki`: what would be made on this machine before. */
export async function answerPlan<S>(
  { cluster, answer }: Session,
  options: CommonOptions,
  { inPki, waves }: { inPki: readonly string[]; waves: readonly Wave<S>[] },
): Promise<void> {
  if (options.json === true) return answer(`${JSON.stringify(planJson(cluster.name, inPki, waves))}\n`)
  answer(`${planText(inPki, waves, await loadColors(wantsColors(process.stdout.isTTY, process.env)))}\n`)
}
