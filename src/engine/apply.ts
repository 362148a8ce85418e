import pLimit from 'p-limit'

import { DeployError, type ErrorFacts } from '../errors.ts'
import type { Connection, Fence } from '../host/host.ts'
import type { Emit } from './events.ts'
import { collectLooks, hostOf } from './observe.ts'
import type { Change, HostReading, Look } from './playbook.ts'
import type { Wave } from './plan.ts'
import { repairFirst } from './repair-first.ts'

export interface Applier {
  connections: ReadonlyMap<string, Connection>
  looks(host: string): Look[]
  emit: Emit
  signal: AbortSignal
  fence: Fence
  concurrency: number
  timeoutMs(host: string): number
}

export interface Applied {
  /** What the hosts of the wave look like right after it, read in the same command. */
  readings: Map<string, HostReading>
  failures: DeployError[]
}

let lastId = 0

/** Makes a wave: one command per host, all hosts at once; a failed change stops its own host only. */
export async function apply<S>(applier: Applier, wave: Wave<S>, waveNumber: number): Promise<Applied> {
  const numbered = wave.map((change) => ({ change, id: `c${++lastId}` }))
  applier.emit({
    type: 'wave',
    number: waveNumber,
    changes: numbered.map(({ change, id }) => ({ id, ...told(change) })),
  })
  const byHost = Map.groupBy(numbered, ({ change }) => change.host)
  const limit = pLimit(applier.concurrency)
  const applied: Applied = { readings: new Map(), failures: [] }
  const settled = await Promise.allSettled(
    [...byHost].map(([name, changes]) => limit(() => applyToHost(applier, name, changes, applied))),
  )
  const unforeseen = settled.find((each) => each.status === 'rejected')
  if (unforeseen !== undefined) throw unforeseen.reason
  return applied
}

interface Numbered<S> {
  change: Change<S>
  id: string
}

async function applyToHost<S>(applier: Applier, name: string, changes: Numbered<S>[], applied: Applied): Promise<void> {
  const looks = collectLooks(applier.looks(name))
  const begun = new Map<number, number>()
  let current = 0
  try {
    const host = hostOf(applier.connections, name)
    const result = await host.run([...changes.map(({ change }) => change.script), ...looks.blocks], {
      what: changes.map(({ change }) => change.what).join(', '),
      signal: applier.signal,
      timeoutMs: changes.reduce((sum, { change }) => sum + change.timeoutMs, applier.timeoutMs(name)),
      fence: applier.fence,
      onBlock: (index, phase, code) => {
        const numbered = changes[index]
        if (numbered === undefined) return
        current = index
        if (phase === 'begin') {
          begun.set(index, performance.now())
          applier.emit({ type: 'change-begin', id: numbered.id, ...told(numbered.change), ...diffOf(numbered.change) })
        } else if (code === 0) end(applier, numbered, begun.get(index))
      },
      onLine: (index, line) => {
        if (index >= changes.length) return looks.onLine(index, line)
        const numbered = changes[index]
        const state = numbered?.change.stateOf?.(line)
        if (numbered !== undefined && state !== undefined) progress(applier, numbered, { state })
      },
      onUpload: (done, total) => {
        const numbered = changes[current]
        if (numbered !== undefined) progress(applier, numbered, { done, total, unit: 'bytes' })
      },
    })
    const failedAt = result.blocks.findIndex((block, index) => index < changes.length && block.code !== 0)
    const failed = changes[failedAt]
    if (failed !== undefined) {
      const block = result.blocks[failedAt] ?? { code: -1, stdout: '' }
      const facts = wordFailure(failed.change, { ...block, stderr: result.stderr })
      applied.failures.push(failure(applier, failed, begun.get(failedAt), facts))
    } else {
      applied.readings.set(name, looks.reading(result, changes.length))
    }
  } catch (error) {
    const numbered = changes[current]
    if (numbered === undefined || applier.signal.aborted) throw error
    applied.failures.push(failure(applier, numbered, begun.get(current), factsOf(error, name, numbered.change.what)))
  }
}

function end<S>(applier: Applier, { change, id }: Numbered<S>, begunAt: number | undefined): void {
  const durationMs = Math.round(performance.now() - (begunAt ?? performance.now()))
  applier.emit({ type: 'change-end', id, host: change.host, what: change.what, outcome: 'done', durationMs })
}

function failure<S>(
  applier: Applier,
  { change, id }: Numbered<S>,
  begunAt: number | undefined,
  error: ErrorFacts,
): DeployError {
  const durationMs = Math.round(performance.now() - (begunAt ?? performance.now()))
  const { cause: _, ...facts } = error
  applier.emit({
    type: 'change-end',
    id,
    host: change.host,
    what: change.what,
    outcome: 'failed',
    durationMs,
    error: facts,
  })
  return new DeployError(error)
}

function progress<S>(
  applier: Applier,
  { change, id }: Numbered<S>,
  at: { state?: string; done?: number; total?: number; unit?: 'bytes' },
): void {
  applier.emit({ type: 'progress', id, host: change.host, what: change.what, ...at })
}

function wordFailure<S>(change: Change<S>, failed: { code: number; stdout: string; stderr: string }): ErrorFacts {
  return (
    change.explain?.(failed) ?? {
      message: `could not ${change.what}`,
      host: change.host,
      tried: change.what,
      answered: failed.stderr.trim() === '' ? `exit status ${failed.code}` : failed.stderr,
      next: repairFirst,
    }
  )
}

function factsOf(error: unknown, host: string, tried: string): ErrorFacts {
  if (error instanceof DeployError) {
    const { message, answered, next, exitCode } = error
    return {
      message,
      host: error.host ?? host,
      tried: error.tried ?? tried,
      next,
      exitCode,
      ...(answered === undefined ? {} : { answered }),
    }
  }
  return { message: error instanceof Error ? error.message : String(error), host, tried, cause: error }
}

function told<S>(change: Change<S>) {
  const { host, what, why, takesDown } = change
  return { host, what, why, ...(takesDown === undefined ? {} : { takesDown }) }
}

/** A file that is new has no difference to show; `plan` shows it whole. */
function diffOf<S>(change: Change<S>): { diff?: string } {
  const diff = change.diff
    ?.split(/^(?=--- )/m)
    .filter((file) => !file.startsWith('--- /dev/null'))
    .join('')
  return diff === undefined || diff === '' ? {} : { diff }
}
