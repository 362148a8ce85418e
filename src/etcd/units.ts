type DurationUnit = 'ns' | 'us' | 'µs' | 'ms' | 's' | 'm' | 'h'
/** A duration as Go writes it: `100ms`, `30s`, `1h30m`. */
export type Duration = `${number}${DurationUnit}` | `${number}${DurationUnit}${number}${DurationUnit}`

type ByteUnit = 'B' | 'KiB' | 'MiB' | 'GiB' | 'TiB' | 'kB' | 'KB' | 'MB' | 'GB' | 'TB'
/** A number of bytes, or one with a unit: `8GiB` is 8 × 2³⁰, `8GB` is 8 × 10⁹. */
export type Bytes = number | `${number}${ByteUnit}` | `${number} ${ByteUnit}`

/** Milliseconds of a duration in Go's form; undefined where Go would refuse it, or where it is negative. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  let ns = 0
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ns += Math.round(Number(amount) * (nsPerUnit[unit ?? ''] ?? NaN))
  }
  return ns <= longestNs ? ns / 1e6 : undefined
}

/** Whole bytes of `8GiB`, `512 MiB`, `1500000`; undefined where it is none. */
export function byteCount(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?([kKMGT]i?B|B)?$/.exec(text)
  if (match === null) return undefined
  const perUnit = bytesPerUnit[match[2] ?? 'B']
  if (perUnit === undefined) return undefined
  const bytes = Number(match[1]) * perUnit
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

const nsPerUnit: Partial<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
}

/** Go counts nanoseconds in an int64. */
const longestNs = 2 ** 63 - 1024

const bytesPerUnit: Partial<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
}
