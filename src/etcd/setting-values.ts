import { nearest } from '../nearest.ts'
import { featureGates, type Flag } from './flags.ts'
import { fitsEnvFile } from './env-line.ts'
import { byteCount, durationMs } from './units.ts'
import { atLeast } from './versions.ts'

/** A setting as etcd takes it, or what it should have been. */
export type ReadValue = { value: string } | { message: string; next?: string }

/** What the inventory says for a flag (a number, `'100ms'`, `'8GiB'`, `true`, a list), turned into etcd's own form. */
export function readValue(flag: Flag, value: unknown, version: string): ReadValue {
  if (value === '' || (Array.isArray(value) && value.length === 0)) {
    return { message: 'is empty, which etcd takes as not set', next: 'leave it out' }
  }
  const read = readers[flag.type](flag, value, version)
  if ('value' in read && !fitsEnvFile(read.value)) return { message: 'holds a line break or another control character' }
  return read
}

type Reader = (flag: Flag, value: unknown, version: string) => ReadValue

const readers: Record<Flag['type'], Reader> = {
  bool: (_flag, value) =>
    typeof value === 'boolean' || value === 'true' || value === 'false'
      ? { value: String(value) }
      : mustBe('true or false', value),
  int: readWhole,
  uint: readWhole,
  string: (_flag, value) => (typeof value === 'string' ? { value } : mustBe('a string', value)),
  enum: readEnum,
  bytes: readBytes,
  duration: readDuration,
  milliseconds: (flag, value) =>
    readTime(flag, value, { unitMs: 1, unit: 'ms', expected: "a time in whole milliseconds, such as 100 or '100ms'" }),
  seconds: (flag, value) =>
    readTime(flag, value, { unitMs: 1000, unit: 's', expected: "a time in whole seconds, such as 300 or '5m'" }),
  retention: readRetention,
  list: readList,
  gates: readGates,
}

function readWhole(flag: Flag, value: unknown): ReadValue {
  const number = wholeNumber(value)
  const smallest = flag.min ?? 0
  if (number !== undefined && number >= smallest && number <= (flag.max ?? Infinity)) return { value: String(number) }
  const range = flag.max === undefined ? `of at least ${smallest}` : `from ${smallest} to ${flag.max}`
  return mustBe(`a whole number ${range}`, value)
}

function readBytes(_flag: Flag, value: unknown): ReadValue {
  const bytes = typeof value === 'string' ? byteCount(value) : wholeNumber(value)
  return bytes !== undefined && bytes >= 0
    ? { value: String(bytes) }
    : mustBe("a size such as '8GiB' or a number of bytes", value)
}

function readDuration(flag: Flag, value: unknown): ReadValue {
  const expected = "a duration with its unit, such as '100ms', '30s' or '1h30m'"
  const ms = typeof value === 'string' ? durationMs(value) : undefined
  if (typeof value !== 'string' || ms === undefined) return mustBe(expected, value)
  return flag.min !== undefined && ms === 0 ? mustBe('a duration above zero', value) : { value }
}

interface TimeForm {
  unitMs: number
  unit: string
  expected: string
}

function readTime(flag: Flag, value: unknown, { unitMs, unit, expected }: TimeForm): ReadValue {
  const ms = typeof value === 'string' ? durationMs(value) : undefined
  const amount = wholeNumber(value) ?? (ms === undefined ? undefined : ms / unitMs)
  if (amount === undefined || !Number.isSafeInteger(amount) || amount < (flag.min ?? 0)) return mustBe(expected, value)
  return amount <= (flag.max ?? Infinity) ? { value: String(amount) } : mustBe(`at most ${flag.max} ${unit}`, value)
}

function readRetention(_flag: Flag, value: unknown): ReadValue {
  const count = wholeNumber(value)
  if (count !== undefined && count >= 0) return { value: String(count) }
  if (typeof value === 'string' && durationMs(value) !== undefined) return { value }
  return mustBe("a duration such as '1h', or a number of revisions with 'auto-compaction-mode': 'revision'", value)
}

function readEnum(flag: Flag, value: unknown): ReadValue {
  const values = flag.values ?? []
  if (typeof value === 'string' && values.includes(value)) return { value }
  const bad = mustBe(`one of ${values.map((known) => `'${known}'`).join(', ')}`, value)
  const meant = typeof value === 'string' ? nearest(value, values) : undefined
  return meant === undefined ? bad : { ...bad, next: `did you mean '${meant}'?` }
}

function readList(flag: Flag, value: unknown, version: string): ReadValue {
  const items: unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []
  const isGood = (item: unknown) => typeof item === 'string' && /^[^\s,]([^,]*[^\s,])?$/.test(item)
  if (items.length === 0 || !items.every(isGood)) return mustBe('a list of strings without commas', value)
  if (items.length > 1 && flag.listSince !== undefined && !atLeast(version, flag.listSince)) {
    return { message: `etcd ${version} takes one value here; several since ${flag.listSince}` }
  }
  return { value: items.join(',') }
}

function readGates(_flag: Flag, value: unknown, version: string): ReadValue {
  const gates = gateEntries(value)
  if (gates === undefined) return mustBe('a record such as { InitialCorruptCheck: true }', value)
  const known = Object.entries(featureGates).flatMap(([gate, since]) => (atLeast(version, since) ? [gate] : []))
  for (const [gate] of gates) {
    if (known.includes(gate)) continue
    const meant = nearest(gate, known)
    const next = meant === undefined ? `it has ${known.join(', ')}` : `did you mean ${meant}?`
    return { message: `etcd ${version} has no feature gate ${gate}`, next }
  }
  return { value: gates.map(([gate, on]) => `${gate}=${on}`).join(',') }
}

function gateEntries(value: unknown): [string, boolean][] | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value)
    return entries.length > 0 && entries.every(([, on]) => typeof on === 'boolean') ? entries : undefined
  }
  if (typeof value !== 'string') return undefined
  const matches = value.split(',').map((entry) => /^(\w+)=(true|false)$/.exec(entry))
  return matches.every((match) => match !== null)
    ? matches.map((match) => [match[1] ?? '', match[2] === 'true'])
    : undefined
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

function mustBe(expected: string, value: unknown): { message: string } {
  return { message: `must be ${expected}, not ${show(value)}` }
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  return JSON.stringify(value) ?? String(value)
}
