import { setTimeout as sleep } from 'node:timers/promises'
import type { EtcdApi } from './etcd-api.ts'
import { seqOf } from './history.ts'
import type { Contents } from './judge.ts'

export interface MemberHash {
  member: string
  hash: number
  compactRevision: number
}

export interface Examined {
  contents: Contents[]
  hash: { revision: number; hash: number; members: string[] } | undefined
  problems: string[]
}

/** By member: the ways to reach it (http and https, an old and a new address); one that answers is enough. */
export type Members = Map<string, EtcdApi[]>

/** What every member holds below `prefix`, and its hashkv, all at one revision. */
export async function examine(members: Members, prefix: string, hashPatienceMs: number): Promise<Examined> {
  const timeoutMs = 30_000
  const deadline = performance.now() + timeoutMs
  const left = new Map(members)
  const problems: string[] = []
  const each = async <T>(ask: (api: EtcdApi) => Promise<T>): Promise<(T & { member: string })[]> => {
    const answers = await Promise.all(
      [...left].map(async ([member, apis]) => {
        const answer = await insist(() => firstOf(apis, ask), deadline)
        if (!(answer instanceof Error)) return [{ ...answer, member }]
        problems.push(`${member} did not answer within ${timeoutMs / 1000} s: ${answer.message}`)
        left.delete(member)
        return []
      }),
    )
    return answers.flat()
  }
  const heads = await each((api) => api.range(prefix, {}, callTimeoutMs))
  const revision = Math.max(0, ...heads.map((head) => head.revision))
  const contents = await each((api) => read(api, prefix, revision))
  const patienceEndsMs = performance.now() + hashPatienceMs
  let hashes: MemberHash[]
  let differ: string | undefined
  do {
    hashes = await each((api) => api.hashKv(revision, callTimeoutMs))
    differ = difference(hashes, revision)
    // A compaction reaches the members one after the other; a difference in data stays.
  } while (
    differ !== undefined &&
    performance.now() < patienceEndsMs &&
    (await sleep(Math.min(500, hashPatienceMs), true))
  )
  const [first] = hashes
  if (first === undefined) problems.push('no member was left to compare')
  if (differ !== undefined) problems.push(differ)
  const names = hashes.map(({ member }) => member)
  return {
    contents,
    hash: first && differ === undefined ? { revision, hash: first.hash, members: names } : undefined,
    problems,
  }
}

/** Undefined where all are equal. */
export function difference(hashes: MemberHash[], revision: number): string | undefined {
  const told = hashes.map(({ member, hash, compactRevision }) => `${member} ${hash} (compacted at ${compactRevision})`)
  const same = new Set(hashes.map(({ hash, compactRevision }) => `${hash} ${compactRevision}`))
  return same.size > 1 ? `hashkv at revision ${revision} differs: ${told.join(', ')}` : undefined
}

const callTimeoutMs = 5000

async function read(api: EtcdApi, prefix: string, revision: number): Promise<{ seqs: Map<string, number> }> {
  const seqs = new Map<string, number>()
  // '/' ends the prefix and '0' is the next character.
  const end = `${prefix.slice(0, -1)}0`
  for (let key = prefix; ;) {
    const { kvs, more } = await api.range(key, { end, revision, limit: 1000 }, callTimeoutMs)
    for (const kv of kvs) seqs.set(kv.key, seqOf(kv.key, kv.value))
    const last = kvs.at(-1)
    if (!more || last === undefined) return { seqs }
    key = `${last.key}\0`
  }
}

async function firstOf<T>(apis: EtcdApi[], ask: (api: EtcdApi) => Promise<T>): Promise<T> {
  let failure: unknown
  for (const api of apis) {
    try {
      return await ask(api)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function insist<T>(ask: () => Promise<T>, deadline: number): Promise<T | Error> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > deadline) return error instanceof Error ? error : new Error(String(error))
      await sleep(200)
    }
  }
}
