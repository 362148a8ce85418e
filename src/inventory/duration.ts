import { durationMs } from '../etcd/units.ts'

/** `90_000`, `'90s'`, `'1m30s'` → milliseconds; undefined: not a duration. */
export function timeoutMs(value: number | string): number | undefined {
  return typeof value === 'number' ? value : durationMs(value)
}

const longestMs = 24 * 3_600_000

export function timeoutProblem(value: number | string): string | undefined {
  const ms = timeoutMs(value)
  if (ms === undefined)
    return `${JSON.stringify(value)} is no duration: a number of milliseconds, or with units as in '90s', '1m30s'`
  return ms >= 1 && ms <= longestMs ? undefined : `${JSON.stringify(value)} is not a time limit: 1ms to 24h`
}
