import type { Operation } from './history.ts'
import type { Contents } from './judge.ts'
import { conflictIn } from './linearizable.ts'
import type { Access, Conflict } from './linearizable.ts'

/**
 * The keys whose history is not linearizable, each with the operations that say so. Key by key is enough: where each key is
 * linearizable, all of them together are (Herlihy and Wing's locality).
 */
export function unlinearizable(history: Operation[], contents: Contents[]): string[] {
  return [...Map.groupBy(history, ({ key }) => key)].flatMap(([key, operations]) => {
    const conflict = conflictIn([...operations.flatMap(accessesOf), ...contents.map((held) => lastRead(held, key))])
    return conflict === undefined ? [] : [`not linearizable: ${key}: ${told(conflict)}`]
  })
}

/** None where nothing was read and nothing can have been written. */
function accessesOf(operation: Operation): Access[] {
  const { client, endpoint, beginMs, endMs } = operation
  const by = `${client} on ${endpoint}`
  if (operation.type === 'read') {
    return operation.outcome === 'failed' ? [] : [{ type: 'read', seq: operation.seq, by, beginMs, endMs }]
  }
  const { seq, outcome } = operation
  if (outcome === 'acknowledged') return [{ type: 'write', seq, by, beginMs, endMs }]
  return operation.perhaps ? [{ type: 'write', seq, by, beginMs, endMs: Infinity }] : []
}

/** After all else; what nobody acknowledged may still come before it. */
function lastRead({ member, seqs }: Contents, key: string): Access {
  return { type: 'read', seq: seqs.get(key) ?? 0, by: `${member} at the end`, beginMs: Infinity, endMs: Infinity }
}

function told(conflict: Conflict): string {
  if (conflict.kind === 'never written') return `${said(conflict.read)}, which nobody wrote`
  if (conflict.kind === 'read before written') return `${said(conflict.read)}, before ${said(conflict.write)}`
  const { there, back } = conflict
  const [one, other] = [there[0].seq, back[0].seq].map(valueName)
  return `${one} before ${other}: ${there.map(said).join(', then ')}; ${other} before ${one}: ${back.map(said).join(', then ')}`
}

function said({ type, seq, by, beginMs, endMs }: Access): string {
  const when = Number.isFinite(beginMs) ? ` (${beginMs.toFixed(2)}–${endMs.toFixed(2)} ms)` : ''
  return seq === 0 && type === 'write' ? 'nothing was there' : `${type} of ${valueName(seq)} by ${by}${when}`
}

function valueName(seq: number): string {
  if (seq === -1) return 'a foreign value'
  return seq === 0 ? 'nothing' : String(seq)
}
