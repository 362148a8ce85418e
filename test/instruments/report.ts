import type { Operation } from './history.ts'
import { acknowledged, judge, some } from './judge.ts'
import { unlinearizable } from './linearizable-keys.ts'
import type { Examined } from './members.ts'

export interface Report {
  seed: number
  seconds: number
  acknowledged: number
  /** No endpoint acknowledged within 5 s, the next one tried after each error. */
  failed: number
  /** Those of the failed that may be there all the same. */
  ambiguous: number
  /** On registers that clients of all endpoints write at the same time; acknowledged ones. */
  puts: number
  reads: number
  /** No harm in itself: each reader stays with its endpoint, also while that is down. */
  failedReads: number
  /** What no endpoint answered within 5 s, the next one asked after each error. */
  unreadable: number
  lost: number
  wentBack: number
  neverWritten: number
  /** Keys of which no order of the operations, each done at one moment between its begin and end, explains the answers. */
  notLinearizable: number
  /** The longest time without an acknowledged write, and when it began, from the recording's own begin. */
  longestGapMs: number
  longestGapBeganMs: number
  /** The longest that the recorder itself did not run: as much of a gap may be its own. */
  ownStallMs: number
  /** Equal on these members at that revision; where it is not, a problem says so. */
  hash: Examined['hash']
  /** Why writes failed. */
  errors: string[]
  /** What must never be: empty is well. A failed write is none. */
  problems: string[]
}

export interface Facts {
  seed: number
  seconds: number
  ownStallMs: number
  clusterIds: string[]
}

export function reportOf(history: Operation[], { contents, hash, problems }: Examined, facts: Facts): Report {
  const { clusterIds, ...told } = facts
  const { problems: judged, ...counts } = judge(history, contents)
  const broken = unlinearizable(history, contents)
  const reads = history.filter(({ type }) => type === 'read')
  const failedReads = reads.filter((read) => read.outcome === 'failed')
  const unreadable = failedReads.filter((read) => 'everywhere' in read).length
  const failedWrites = history.filter((operation) => operation.type === 'write' && operation.outcome === 'failed')
  const mixed = clusterIds.length > 1 ? [`more than one cluster answered: ${clusterIds.toSorted().join(', ')}`] : []
  return {
    ...told,
    acknowledged: acknowledged(history).length,
    failed: failedWrites.length,
    ambiguous: failedWrites.filter(({ perhaps }) => perhaps).length,
    failedReads: failedReads.length - unreadable,
    unreadable,
    puts: history.filter(({ type, outcome }) => type === 'put' && outcome === 'acknowledged').length,
    reads: reads.length - failedReads.length,
    ...counts,
    notLinearizable: broken.length,
    ...longestGap(history, facts.seconds * 1000),
    hash,
    errors: [...new Set(failedWrites.map(({ error }) => error))],
    problems: [...judged, ...some(broken), ...mixed, ...problems],
  }
}

export function reportLine(report: Report): string {
  const { hash, problems } = report
  return [
    `${report.acknowledged} acknowledged in ${report.seconds.toFixed(1)} s`,
    `${report.failed} failed (${report.ambiguous} ambiguous)`,
    `${report.lost} lost`,
    `${report.reads} reads (${report.failedReads} failed at one member, ${report.unreadable} at all)`,
    `${report.wentBack} went back`,
    `linearizable: ${report.notLinearizable === 0 ? 'yes' : `NO, at ${report.notLinearizable} keys`} (${report.puts} concurrent puts)`,
    `longest gap ${Math.round(report.longestGapMs)} ms at ${(report.longestGapBeganMs / 1000).toFixed(1)} s`,
    `own stall ${Math.round(report.ownStallMs)} ms`,
    hash ? `hashkv equal at revision ${hash.revision} on ${hash.members.join(' ')}` : 'hashkv NOT EQUAL',
    `seed ${report.seed}`,
    ...(problems.length > 0 ? [`PROBLEMS: ${problems.length}, first: ${problems[0]}`] : []),
  ].join(' · ')
}

/** From the first acknowledged write to the recording's end. */
function longestGap(history: Operation[], endMs: number): { longestGapMs: number; longestGapBeganMs: number } {
  const times = [...acknowledged(history).map((write) => write.endMs), endMs].toSorted((a, b) => a - b)
  let longest = { longestGapMs: 0, longestGapBeganMs: 0 }
  for (const [index, time] of times.entries()) {
    const before = times[index - 1] ?? time
    if (time - before > longest.longestGapMs) longest = { longestGapMs: time - before, longestGapBeganMs: before }
  }
  return longest
}
