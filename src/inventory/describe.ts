import type { z } from 'zod'
import { nearest } from '../nearest.ts'
import { quoted } from './address.ts'
import { keysAt, placesOf } from './schema-keys.ts'
import type { Path } from './schema-keys.ts'
import { kindName, wrongKind } from './wrong-kind.ts'

/** One thing wrong in an inventory, and where. */
export interface Problem {
  path: Path
  reason: string
  next?: string
}

type Issue = z.core.$ZodIssue

/** What zod found, in the inventory's own words: each with its path, the reason and the nearest right word. */
export function describe(issues: readonly Issue[], raw: unknown): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, raw))
}

/** `nodes.node2.ssh.key[0]`; odd names in brackets. */
export function pathText(path: Path): string {
  const parts = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`
    return /^[\w-]+$/.test(String(key)) ? `.${String(key)}` : `[${quoted(String(key))}]`
  })
  return parts.join('').replace(/^\./, '')
}

function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = nearest(word, candidates)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

function problemsOf(issue: Issue, raw: unknown): Problem[] {
  const { path } = issue
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], reason: unknownKey(key, path) }))
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, reason: message }))
    case 'invalid_union':
      return unionProblems(issue, raw)
    case 'invalid_type':
      return [{ path, reason: wrongKind([kindName(issue.expected)], path, lookUp(path, raw)) }]
    case 'invalid_value':
      return [{ path, reason: wrongWord(issue.values.map(String), path, raw) }]
    default:
      return [{ path, reason: issue.message }]
  }
}

/** Keys that are right elsewhere, and why not here. */
const misplaced: [RegExp, string][] = [
  [/^nodes\.[^.]+\.ssh\.concurrency$/, 'it is about all hosts: say it in ssh.concurrency'],
  [/\.jump(\[\d+\])?\.jump$/, 'write the hops as a list, the nearest first'],
  [
    /\.jump(\[\d+\])?\.(sudo|concurrency|timeouts)$/,
    'a jump host only passes connections on: it belongs to the host behind it',
  ],
  [
    /^binaries(\.\w+)?\.sha256$/,
    'only a mirror or a file is checked against it: a folder or an installed etcd is taken as it is',
  ],
]

function unknownKey(key: string, above: Path): string {
  const reason = misplaced.find(([pattern]) => pattern.test(pathText([...above, key])))?.[1]
  if (reason !== undefined) return reason
  const near = nearest(key, keysAt(above))
  if (near !== undefined) return `unknown key; did you mean ${near}?`
  const places = placesOf(key)
  if (places.length > 0) return `unknown key here; there is ${places.slice(0, 4).join(', ')}`
  return `unknown key; there are ${keysAt(above).join(', ')}`
}

function wrongWord(words: string[], path: Path, raw: unknown): string {
  const found = lookUp(path, raw)
  const { value } = found
  if (typeof value !== 'string')
    return wrongKind([`one of ${words.map((word) => `'${word}'`).join(', ')}`], path, found)
  return `${quoted(value)} is none of ${words.join(', ')}${didYouMean(value, words)}`
}

/** Of a union's branches, the one that was meant; its own message where none can be told. */
function unionProblems(issue: Extract<Issue, { code: 'invalid_union' }>, raw: unknown): Problem[] {
  const { path } = issue
  const found = lookUp(path, raw)
  const branches = issue.errors.filter((errors) => !errors.some(isWrongKind))
  const general = issue.message === 'Invalid input' ? wrongKind(kindsOf(issue), path, found) : issue.message
  const under = (errors: readonly Issue[]) =>
    describe(
      errors.map((error) => ({ ...error, path: [...path, ...error.path] })),
      raw,
    )

  if (branches.length === 0) {
    const { value } = found
    if (value === undefined) return [{ path, reason: wrongKind(kindsOf(issue), path, found) }]
    return [{ path, reason: general + (typeof value === 'string' ? didYouMean(value, literals(issue)) : '') }]
  }
  const strangers = branches.map(unknownKeys)
  const everywhere = (strangers[0] ?? []).filter((key) => strangers.every((keys) => keys.includes(key)))
  const unknown = everywhere.map((key) => ({ path: [...path, key], reason: unknownKey(key, path) }))
  const fitting = branches.filter((errors) => unknownKeys(errors).length === everywhere.length)
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return under(only)
  return unknown.length > 0 ? unknown : [{ path, reason: general }]
}

/** The value is not even of this branch's kind. */
function isWrongKind(error: Issue): boolean {
  return error.path.length === 0 && (error.code === 'invalid_type' || error.code === 'invalid_value')
}

function unknownKeys(errors: readonly Issue[]): string[] {
  return errors.flatMap((error) => (error.code === 'unrecognized_keys' && error.path.length === 0 ? error.keys : []))
}

function kindsOf(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  return issue.errors.flatMap((errors) =>
    errors.flatMap((error) => {
      if (error.path.length > 0) return []
      if (error.code === 'invalid_type') return [kindName(error.expected)]
      return error.code === 'invalid_value' ? error.values.map(String) : []
    }),
  )
}

function literals(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  return issue.errors.flat().flatMap((error) => (error.code === 'invalid_value' ? error.values.map(String) : []))
}

export function lookUp(path: Path, raw: unknown): { value: unknown; present: boolean } {
  let value: unknown = raw
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
      return { value: undefined, present: false }
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return { value, present: true }
}
