import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Clients } from './recording.ts'
import type { Report } from './report.ts'
import { testSeed } from './seeded.ts'
import type { WorkloadOptions } from './workload.ts'

export type { Clients, Endpoint } from './recording.ts'
export type { Report } from './report.ts'
export { reportLine } from './report.ts'

export interface RecorderOptions extends Clients {
  /** About 50 writes a second each; 4. */
  writers?: number
  /** On each endpoint, about 40 reads a second each; 1. */
  readers?: number
  seed?: number
  /** Where all operations are written at the end, one JSON object a line. */
  historyFile?: string
  timeouts?: Partial<Timeouts>
}

export interface Timeouts {
  /** The first acknowledged write; 15 s. */
  firstWriteMs: number
  /** A write that no endpoint has acknowledged by then has failed; 5 s. */
  writeMs: number
  /** How long hashes may differ at the end, while a compaction goes from member to member; 10 s. */
  hashMs: number
}

export interface Recorder {
  /** Other endpoints or certificates from now on. */
  use(clients: Clients): void
  /** `members`: those that must hold everything at the end; all that the endpoints name. */
  stop(options?: { members?: string[] }): Promise<Report>
}

export type ProcessOptions = WorkloadOptions & { historyFile?: string; timeouts: Timeouts }
export type ToRecorder =
  | { type: 'start'; options: ProcessOptions }
  | { type: 'use'; clients: Clients }
  | { type: 'stop'; members: string[] | undefined }
export type FromRecorder =
  | { type: 'running' }
  | { type: 'failed'; message: string }
  | { type: 'report'; report: Report }

/**
 * Writers and readers on all endpoints, from the first acknowledged write on. In a process of its own: the test's work would
 * delay them, and a delay of theirs would be taken for a gap. It ends with the test's process, however that ends.
 */
export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const { writers = 4, readers = 1, seed = testSeed(), ...rest } = options
  const timeouts = { firstWriteMs: 15_000, writeMs: 5000, hashMs: 10_000, ...options.timeouts }
  const child = fork(fileURLToPath(import.meta.resolve('./recorder-process.ts')), { execArgv: [] })
  const told = new Promise<FromRecorder & { type: 'report' | 'failed' }>((resolve) => {
    // Not at its exit, which may be seen before its last message.
    child.on('disconnect', () => resolve({ type: 'failed', message: 'the recorder ended without a report' }))
    child.on('message', (message: FromRecorder) => {
      if (message.type !== 'running') resolve(message)
    })
  })
  const running = new Promise<FromRecorder>((resolve) => child.once('message', resolve))
  const send = (message: ToRecorder) => child.send(message)
  // Of its own, so that recordings of one cluster don't meet.
  const prefix = `/recorder/${randomBytes(6).toString('hex')}/`
  send({ type: 'start', options: { ...rest, prefix, writers, readersPerEndpoint: readers, seed, timeouts } })
  const first = await Promise.race([running, told])
  if (first.type === 'failed') throw new Error(first.message)
  return {
    use: (clients) => send({ type: 'use', clients }),
    async stop({ members } = {}) {
      send({ type: 'stop', members })
      const last = await told
      if (last.type === 'failed') throw new Error(last.message)
      return last.report
    },
  }
}
