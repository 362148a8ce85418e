import type { Inventory } from './define.ts'
import { describe, lookUp, pathText } from './describe.ts'
import type { Problem } from './describe.ts'
import { schema } from './schema.ts'

/** An inventory of which any part may be missing. */
export type Partly<T> = T extends string | number | boolean | undefined
  ? T
  : T extends (infer Element)[]
    ? Partly<Element>[]
    : { [Key in keyof T]?: Partly<T[Key]> }

/** What of an inventory is right, so that the rules between values can still be tried on it: all problems are told at once. */
export function soundPart(raw: unknown, problems: readonly Problem[]): Partly<Inventory> {
  const rest = withoutProblems(raw, problems)
  const parsed = schema.safeParse(rest)
  if (parsed.success) return parsed.data
  // Where a value could have meant several things, only what is wrong with all of them was told.
  const more = describe(parsed.error.issues, rest).filter(({ path }) => lookUp(path, rest).present)
  if (more.some(({ path }) => path.length === 0)) return {}
  return more.length === 0 ? (rest as Partly<Inventory>) : soundPart(rest, more)
}

function withoutProblems(raw: unknown, problems: readonly Problem[]): unknown {
  const wrong = new Set(problems.map(({ path }) => pathText(path)))
  return copy(raw, [])

  function copy(value: unknown, path: PropertyKey[]): unknown {
    // Whatever a flag is set to goes to the table of flags as it is.
    if (typeof value !== 'object' || value === null || isSetting(path)) return value
    const sound = (key: PropertyKey): boolean => !wrong.has(pathText([...path, key]))
    if (Array.isArray(value)) {
      return value.flatMap((element: unknown, index) => (sound(index) ? [copy(element, [...path, index])] : []))
    }
    const kept = Object.entries(value).filter(([key]) => sound(key))
    return Object.fromEntries(kept.map(([key, inner]: [string, unknown]) => [key, copy(inner, [...path, key])]))
  }
}

function isSetting(path: readonly PropertyKey[]): boolean {
  return (
    (path.length === 2 && path[0] === 'settings') ||
    (path.length === 4 && path[0] === 'nodes' && path[2] === 'settings')
  )
}
