import { expect } from 'vitest'
import { reportLine } from './report.ts'
import type { Report } from './report.ts'

export interface Allowed {
  /** Writes that no endpoint acknowledged within 5 s, and as many reads; none. */
  failed?: number
  longestGapMs?: number
}

/** Nothing lost, nothing back, every key linearizable, members equal, and the cluster served all the time; prints the report's line. */
export function expectUnharmed(report: Report, { failed = 0, longestGapMs = Infinity }: Allowed = {}): void {
  const line = reportLine(report)
  console.log(line)
  expect(report.problems, [line, ...report.problems].join('\n')).toEqual([])
  expect(report.acknowledged, line).toBeGreaterThan(0)
  expect(report.puts, line).toBeGreaterThan(0)
  expect(report.reads, line).toBeGreaterThan(0)
  expect(report.failed, `${line}\n${report.errors.join('\n')}`).toBeLessThanOrEqual(failed)
  expect(report.unreadable, line).toBeLessThanOrEqual(failed)
  expect(report.longestGapMs, line).toBeLessThanOrEqual(longestGapMs)
}
