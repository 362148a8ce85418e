import { setTimeout as sleep } from 'node:timers/promises'
import { valueOf } from './history.ts'
import { oneOf } from './keys.ts'
import { ask, attemptTimeoutMs } from './recording.ts'
import type { Recording, Target } from './recording.ts'
import { seededRandom } from './seeded.ts'

const putEveryMs = 100

export interface Putter {
  client: string
  target: Target
  /** Shared by all putters, so that no two put the same value. */
  registers: { key: string; begun: number }[]
  seed: number
}

/**
 * Puts on one endpoint, over whatever the others put. No second attempt: a first one that comes late would undo what was put
 * since, and then it was two writes.
 */
export async function keepPutting(recording: Recording, putter: Putter): Promise<void> {
  const { client, target, registers } = putter
  const { history, nowMs } = recording
  const random = seededRandom(putter.seed)
  while (!recording.stopping && recording.targets.includes(target)) {
    const register = oneOf(registers, random)
    if (register !== undefined) {
      const { key } = register
      const seq = ++register.begun
      const beginMs = nowMs()
      const answer = await ask(recording, target, (api) => api.put(key, valueOf(key, seq), attemptTimeoutMs))
      const put = { type: 'put', client, key, seq, endpoint: target.name, beginMs, endMs: nowMs() } as const
      if (answer instanceof Error) {
        const { perhaps, message } = answer
        history.push({ ...put, outcome: 'failed', perhaps, error: `${target.name}: ${message}` })
      } else history.push({ ...put, outcome: 'acknowledged', revision: answer.revision })
    }
    // All at the same moments, so that they meet.
    await sleep(Math.ceil(putEveryMs - (nowMs() % putEveryMs)))
  }
}
