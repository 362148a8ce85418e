import { setTimeout as sleep } from 'node:timers/promises'
import type { CallError } from './grpc.ts'
import { seqOf } from './history.ts'
import { chainKeys, oneOf, registerKeys } from './keys.ts'
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
  timeoutMs: number
}

/** Linearizable reads from one endpoint, whatever becomes of it; what it fails to answer is read from the others, as a client would. */
export async function keepReading(recording: Recording, reader: Reader): Promise<void> {
  const { client, target, prefix, writers } = reader
  const { history, lately, nowMs } = recording
  const random = seededRandom(reader.seed)
  while (!recording.stopping && recording.targets.includes(target)) {
    const chain = oneOf(chainKeys(prefix, Math.floor(random() * writers)), random)
    const chance = random()
    const register = chance > 0.8 ? oneOf(registerKeys(prefix), random) : undefined
    const key = chance < 0.3 ? oneOf(lately, random) : (register ?? chain)
    const beginMs = nowMs()
    if (key !== undefined) {
      const failure = await readOnce(recording, target, client, key)
      if (failure !== undefined) {
        const read = { type: 'read', client, key, endpoint: target.name, beginMs, endMs: nowMs() } as const
        history.push({ ...read, outcome: 'failed', error: `${target.name}: ${failure.message}` })
        await readElsewhere(recording, reader, key, beginMs)
        await sleep(100)
      }
    }
    await sleep(Math.max(1, beginMs + readEveryMs - nowMs()))
  }
}

async function readElsewhere(recording: Recording, reader: Reader, key: string, beginMs: number): Promise<void> {
  const { client, timeoutMs } = reader
  const { history, nowMs } = recording
  let [endpoint, error] = ['', '']
  while (nowMs() - beginMs < timeoutMs) {
    for (const target of recording.targets) {
      const failure = await readOnce(recording, target, client, key)
      if (failure === undefined) return
      ;[endpoint, error] = [target.name, failure.message]
    }
    await sleep(50)
  }
  const read = { type: 'read', client, key, endpoint, beginMs, endMs: nowMs() } as const
  history.push({ ...read, outcome: 'failed', error: `${endpoint}: ${error}`, everywhere: true })
}

async function readOnce(
  recording: Recording,
  target: Target,
  client: string,
  key: string,
): Promise<CallError | undefined> {
  const { history, nowMs } = recording
  const beginMs = nowMs()
  const answer = await ask(recording, target, (api) => api.range(key, {}, attemptTimeoutMs))
  if (answer instanceof Error) return answer
  const read = { type: 'read', client, key, endpoint: target.name, beginMs, endMs: nowMs() } as const
  const { kvs, revision } = answer
  const seq = kvs[0] ? seqOf(key, kvs[0].value) : 0
  history.push({ ...read, outcome: 'answered', seq, modRevision: kvs[0]?.modRevision ?? 0, revision })
  return undefined
}
