/** A write or read of one register by one client. Between its begin and its end it took effect, at one moment. */
export interface Access {
  type: 'write' | 'read'
  /** Which write's value: no two writes have the same. 0: nothing, as before the first. */
  seq: number
  by: string
  beginMs: number
  /** Infinity where nobody saw the end: it takes effect at any time after its begin, or never. */
  endMs: number
}

/** Why no order of the accesses explains what was read. */
export type Conflict =
  | { kind: 'never written'; read: Access }
  | { kind: 'read before written'; read: Access; write: Access }
  /** By `there`, one value came before the other, by `back` after it; each ended before its second one began. */
  | { kind: 'out of order'; there: [Access, Access]; back: [Access, Access] }

/**
 * Whether one register served all as a single copy would have (Gibbons and Korach, "Testing Shared Memories", 1997). As
 * values are unique, a write and all reads of its value stand together in every order that explains them. So one such group
 * precedes another as soon as any access of it ended before any of the other began; and there is an order unless two groups
 * precede each other.
 */
export function conflictIn(accesses: Access[]): Conflict | undefined {
  const groups = new Map([[0, groupOf(nothing)]])
  for (const access of accesses) if (access.type === 'write') groups.set(access.seq, groupOf(access))
  for (const read of accesses) {
    if (read.type === 'write') continue
    const group = groups.get(read.seq)
    if (group === undefined) return { kind: 'never written', read }
    const { write } = group
    if (endedBefore(read, write)) return { kind: 'read before written', read, write }
    if (read.endMs < group.firstEnded.endMs) group.firstEnded = read
    if (read.beginMs > group.lastBegun.beginMs) group.lastBegun = read
  }
  return conflictOf([...groups.values()].toSorted((a, b) => a.firstEnded.endMs - b.firstEnded.endMs))
}

/** What is known of a value: a write and its reads, by the only two of them that matter. */
interface Group {
  write: Access
  firstEnded: Access
  lastBegun: Access
}

const nothing: Access = { type: 'write', seq: 0, by: 'nobody', beginMs: -Infinity, endMs: -Infinity }

function groupOf(write: Access): Group {
  return { write, firstEnded: write, lastBegun: write }
}

/**
 * By the end of their first. Of the groups before, that with the latest access is enough to look at: another that conflicts
 * with the next one would have conflicted with it already.
 */
function conflictOf(groups: Group[]): Conflict | undefined {
  let [latest] = groups
  for (const next of groups.slice(1)) {
    if (latest === undefined) return undefined
    const { firstEnded, lastBegun }: Group = latest
    if (endedBefore(firstEnded, next.lastBegun) && endedBefore(next.firstEnded, lastBegun)) {
      return { kind: 'out of order', there: [firstEnded, next.lastBegun], back: [next.firstEnded, lastBegun] }
    }
    if (next.lastBegun.beginMs > lastBegun.beginMs) latest = next
  }
  return undefined
}

/** At the same moment is beside each other. */
function endedBefore(one: Access, other: Access): boolean {
  return one.endMs < other.beginMs
}
