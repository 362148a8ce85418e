import { setTimeout as sleep } from 'node:timers/promises'
import { CallError } from './grpc.ts'
import { seqOf, valueOf } from './history.ts'
import { chainKeys, onceKey, oneOf } from './keys.ts'
import { ask, attemptTimeoutMs } from './recording.ts'
import type { Recording, Target } from './recording.ts'
import { seededRandom } from './seeded.ts'

const writeEveryMs = 20

export interface Writer {
  number: number
  prefix: string
  seed: number
  timeoutMs: number
}

/** One write after the other, on keys that no one else writes. */
export async function keepWriting(recording: Recording, writer: Writer): Promise<void> {
  const { number, prefix, seed } = writer
  const { nowMs } = recording
  const random = seededRandom(seed)
  const chains = chainKeys(prefix, number).map((key): Key => ({ key, begun: 0, modRevision: 0 }))
  for (let count = 1; !recording.stopping; count++) {
    const nextMs = nowMs() + writeEveryMs
    const chain = random() < 0.5 ? oneOf(chains, random) : undefined
    await write(recording, writer, chain ?? { key: onceKey(prefix, number, count), begun: 0, modRevision: 0 })
    if (chain === undefined) remember(recording.lately, onceKey(prefix, number, count))
    await sleep(Math.max(1, nextMs - nowMs()))
  }
}

/** Where a key's one writer stands: the writes it began, and the last revision of the key that it knows of. */
interface Key {
  key: string
  begun: number
  modRevision: number
}

/** Asks the next endpoint after each error, until one acknowledges or the time is up. */
async function write(recording: Recording, writer: Writer, key: Key): Promise<void> {
  const { history, nowMs } = recording
  const beginMs = nowMs()
  const begun = { type: 'write', client: `writer${writer.number}`, key: key.key, seq: ++key.begun, beginMs } as const
  let perhaps = false
  let error = ''
  let endpoint = ''
  while (nowMs() - beginMs < writer.timeoutMs) {
    for (const target of inOrder(recording.targets, writer.number, nowMs())) {
      const timeoutMs = Math.min(attemptTimeoutMs, beginMs + writer.timeoutMs - nowMs())
      // Less would only make the outcome unknown.
      if (timeoutMs < 100) break
      endpoint = target.name
      const revision = await putOnTop(recording, target, key, begun.client, timeoutMs)
      if (typeof revision === 'number') {
        history.push({ ...begun, endpoint, endMs: nowMs(), outcome: 'acknowledged', revision })
        return
      }
      perhaps ||= revision.perhaps
      error = `${endpoint}: ${revision.message}`
    }
    await sleep(50)
  }
  history.push({ ...begun, endpoint, endMs: nowMs(), outcome: 'failed', perhaps, error })
}

/**
 * Only on top of what is known to be there: so a copy of an earlier attempt that arrives late can't undo a later write, and
 * a second attempt finds the first. Answers the revision of the write.
 */
async function putOnTop(
  recording: Recording,
  target: Target,
  key: Key,
  client: string,
  timeoutMs: number,
): Promise<number | CallError> {
  const { history, nowMs } = recording
  const value = valueOf(key.key, key.begun)
  for (;;) {
    const beginMs = nowMs()
    const answer = await ask(recording, target, (api) => api.putAfter(key.key, value, key.modRevision, timeoutMs))
    if (answer instanceof Error) return answer
    const { done, found, revision } = answer
    const expected = key.modRevision
    key.modRevision = done ? revision : (found?.modRevision ?? 0)
    if (done || found?.value === value) return key.modRevision
    // Another state than we left: an attempt that was given up and came late, or lost data. The judge knows which.
    const read = { type: 'read', client, key: key.key, endpoint: target.name, beginMs, endMs: nowMs() } as const
    const seq = found ? seqOf(key.key, found.value) : 0
    history.push({ ...read, outcome: 'answered', seq, modRevision: key.modRevision, revision })
    // It would do so for ever.
    if (key.modRevision === expected) return new CallError('reads otherwise than it compares', false)
  }
}

/** From the writer's own endpoint on, those that failed a moment ago last. */
function inOrder(targets: Target[], writer: number, nowMs: number): Target[] {
  const home = writer % targets.length
  const rotated = [...targets.slice(home), ...targets.slice(0, home)]
  return rotated.toSorted((a, b) => Number(a.avoidUntilMs > nowMs) - Number(b.avoidUntilMs > nowMs))
}

function remember(lately: string[], key: string): void {
  lately.push(key)
  if (lately.length > 100) lately.shift()
}
