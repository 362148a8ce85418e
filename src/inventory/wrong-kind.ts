import { exampleAt } from './example-values.ts'
import type { Path } from './schema-keys.ts'

/** What stands there, what belongs there, and how that looks: of a value that is missing, or a number where text belongs. */
export function wrongKind(kinds: readonly string[], path: Path, found: { value: unknown; present: boolean }): string {
  const { value, present } = found
  const example = asNumber(kinds, value) ?? exampleAt(path)
  const wanted = `${[...new Set(kinds)].join(' or ')}${example === undefined ? '' : `, for example ${example}`}`
  if (!present) return `is missing: ${wanted}`
  if (value === undefined)
    return 'is undefined: is an environment variable not set? Leave the key out where the default is meant'
  return `is ${kindOf(value)}; write ${wanted}`
}

/** zod's names of types as people say them. */
export function kindName(type: string): string {
  return kindNames[type === 'record' ? 'object' : type] ?? type
}

const kindNames: Partial<Record<string, string>> = {
  string: 'text in quotes',
  number: 'a number',
  boolean: 'true or false',
  object: 'a record in braces',
  array: 'a list in brackets',
}

/** A number in quotes is its own example. */
function asNumber(kinds: readonly string[], value: unknown): string | undefined {
  const isNumber = kinds.length === 1 && kinds[0] === kindNames['number']
  return isNumber && typeof value === 'string' && /^\d{1,9}$/.test(value) ? value : undefined
}

function kindOf(value: unknown): string {
  if (value === null || Number.isNaN(value)) return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return 'infinite'
  if (typeof value === 'boolean') return String(value)
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1)
  if (typeof value === 'object' && tag !== 'Object' && tag !== 'Array') return `a ${tag}`
  return kindName(Array.isArray(value) ? 'array' : typeof value)
}
