import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { acknowledged } from './judge.ts'
import { examine } from './members.ts'
import type { Members } from './members.ts'
import type { FromRecorder, ProcessOptions, ToRecorder } from './recorder.ts'
import { reportOf } from './report.ts'
import { startWorkload } from './workload.ts'
import type { Workload } from './workload.ts'

const stall = monitorEventLoopDelay({ resolution: 5 })
let options: ProcessOptions
let workload: Workload

// The test is gone: nobody wants the report.
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ToRecorder) => {
  if (message.type === 'start') void start(message.options)
  if (message.type === 'use') workload.use(message.clients)
  if (message.type === 'stop') void stop(message.members)
})

async function start(given: ProcessOptions): Promise<void> {
  options = given
  try {
    // Else a busy machine's delays would look like the cluster's. Only root may.
    setPriority(-10)
  } catch {}
  workload = startWorkload(options)
  const { history, nowMs } = workload.recording
  const { firstWriteMs } = options.timeouts
  while (acknowledged(history).length === 0) {
    if (nowMs() > firstWriteMs) {
      const [last] = history.flatMap((operation) => ('error' in operation ? [operation.error] : [])).slice(-1)
      return tell({
        type: 'failed',
        message: `no write was acknowledged within ${firstWriteMs} ms: ${last}`,
      })
    }
    await sleep(10)
  }
  stall.enable()
  tell({ type: 'running' })
}

async function stop(names: string[] | undefined): Promise<void> {
  const { recording } = workload
  const seconds = recording.nowMs() / 1000
  stall.disable()
  await workload.stop()
  const { history, clusterIds, targets } = recording
  if (options.historyFile !== undefined) {
    writeFileSync(options.historyFile, history.map((operation) => `${JSON.stringify(operation)}\n`).join(''))
  }
  const members: Members = new Map()
  for (const { name, api } of targets) {
    if (names === undefined || names.includes(name)) members.set(name, [...(members.get(name) ?? []), api])
  }
  const examined = await examine(members, options.prefix, options.timeouts.hashMs)
  const facts = { seed: options.seed, seconds, ownStallMs: stall.max / 1e6, clusterIds: [...clusterIds] }
  tell({ type: 'report', report: reportOf(history, examined, facts) })
}

/** Every message but "running" is the last one. */
function tell(message: FromRecorder): void {
  process.send?.(message, () => {
    if (message.type !== 'running') process.exit(0)
  })
}
