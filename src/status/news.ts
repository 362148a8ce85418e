import type { ClusterStatus } from './model.ts'

/** Whether a person would call it another state: what always moves (sizes, indexes, times, the numbers in a sentence) is none. */
export function isNews(before: ClusterStatus, after: ClusterStatus): boolean {
  return lasting(before) !== lasting(after)
}

function lasting(status: ClusterStatus): string {
  const { time: _time, revision: _revision, members, ...others } = status
  const kept = members.map(({ db: _db, raft: _raft, upSeconds: _up, ...member }) => member)
  return JSON.stringify({ ...others, members: kept }, (key, value: unknown) =>
    typeof value === 'string' && sentences.has(key) ? value.replaceAll(/\d+/g, '#') : value,
  )
}

const sentences: ReadonlySet<string> = new Set(['trouble', 'message', 'why', 'notServed', 'linksNotSeen', 'notSeen'])
