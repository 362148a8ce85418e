import { setTimeout as sleep } from 'node:timers/promises'
import { seqOf } from './history.ts'
import { chainKeys, oneOf } from './keys.ts'
import { ask, attemptTimeoutMs } from './recording.ts'
import type { Recording, Target } from './recording.ts'
import { seededRandom } from './seeded.ts'

const readEveryMs = 25

export interface Reader {
  client: string
  target: Target
  prefix: string
  writers: number
  seed: number
}

/** Linearizable reads from one endpoint, whatever becomes of it. */
export async function keepReading(recording: Recording, reader: Reader): Promise<void> {
  const { client, target, prefix, writers } = reader
  const { history, lately, nowMs } = recording
  const random = seededRandom(reader.seed)
  while (!recording.stopping && recording.targets.includes(target)) {
    const chain = oneOf(chainKeys(prefix, Math.floor(random() * writers)), random)
    const key = random() < 0.3 ? oneOf(lately, random) : chain
    const beginMs = nowMs()
    if (key !== undefined) {
      const answer = await ask(recording, target, (api) => api.range(key, {}, attemptTimeoutMs))
      const read = { type: 'read', client, key, endpoint: target.name, beginMs, endMs: nowMs() } as const
      if (answer instanceof Error) {
        history.push({ ...read, outcome: 'failed', error: `${target.name}: ${answer.message}` })
        await sleep(100)
      } else {
        const { kvs, revision } = answer
        const seq = kvs[0] ? seqOf(key, kvs[0].value) : 0
        history.push({ ...read, outcome: 'answered', seq, modRevision: kvs[0]?.modRevision ?? 0, revision })
      }
    }
    await sleep(Math.max(1, beginMs + readEveryMs - nowMs()))
  }
}
