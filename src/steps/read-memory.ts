import { parseOperation } from '../engine/operation.ts'
import type { FormedSeen, ReachedHost } from './seen.ts'

/** What the host remembers outside the data directory. */
export function readFormed(text: string): FormedSeen {
  try {
    const { cluster = '', clusterId = '', token = '', formedAt = '' } = JSON.parse(text) as Partial<FormedSeen>
    return { cluster, clusterId, token, formedAt }
  } catch {
    // A trace that can't be read is still a trace: nothing may be bootstrapped over it.
    return { cluster: '', clusterId: '', token: '', formedAt: '' }
  }
}

export function readOperation(text: string): ReachedHost['operation'] {
  return parseOperation(text) ?? { name: 'unreadable', finish: '', args: {}, since: '', controller: '', told: [] }
}
