import { newRecording, targetsOf, attemptTimeoutMs } from './recording.ts'
import type { Clients, Recording } from './recording.ts'
import { registerKeys } from './keys.ts'
import { keepPutting } from './putter.ts'
import { keepReading } from './reader.ts'
import { keepWriting } from './writer.ts'

export interface WorkloadOptions extends Clients {
  /** All keys begin with it; ends in '/'. */
  prefix: string
  writers: number
  readersPerEndpoint: number
  seed: number
  timeouts: { writeMs: number }
}

export interface Workload {
  recording: Recording
  /** Other endpoints or certificates from the next call on. */
  use(clients: Clients): void
  /** Ends when all that is under way has its outcome. */
  stop(): Promise<void>
}

export function startWorkload(options: WorkloadOptions): Workload {
  const { prefix, writers, readersPerEndpoint, seed, timeouts } = options
  const recording = newRecording(options)
  const running = Array.from({ length: writers }, (_, number) =>
    keepWriting(recording, { number, prefix, seed: seed + number, timeoutMs: timeouts.writeMs }),
  )
  const registers = registerKeys(prefix).map((key) => ({ key, begun: 0 }))
  let [readers, putters] = [0, 0]
  const useAll = () => {
    for (const target of recording.targets) {
      const putter = putters++
      running.push(keepPutting(recording, { client: `putter${putter}`, target, registers, seed: seed - 1 - putter }))
      for (let count = 0; count < readersPerEndpoint; count++) {
        const client = `reader${readers++}`
        running.push(
          keepReading(recording, {
            client,
            target,
            prefix,
            writers,
            seed: seed + writers + readers,
            timeoutMs: timeouts.writeMs,
          }),
        )
      }
    }
  }
  useAll()
  return {
    recording,
    use(clients) {
      const before = recording.targets
      recording.targets = targetsOf(clients)
      useAll()
      // What is under way on the old ones has its time.
      setTimeout(() => before.forEach(({ api }) => api.close()), attemptTimeoutMs)
    },
    async stop() {
      recording.stopping = true
      await Promise.all(running)
    },
  }
}
