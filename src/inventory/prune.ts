import type { Problem } from './describe.ts'
import { pathText } from './describe.ts'

/** An inventory of which any part may be missing. */
export type Partly<T> = T extends string | number | boolean | undefined
  ? T
  : T extends (infer Element)[]
    ? Partly<Element>[]
    : { [Key in keyof T]?: Partly<T[Key]> }

/** A copy without what is wrong, so that the rules between values can still be tried on the rest: all problems are told at once. */
export function withoutProblems(raw: unknown, problems: readonly Problem[]): unknown {
  const wrong = new Set(problems.map(({ path }) => pathText(path)))
  return copy(raw, [])

  function copy(value: unknown, path: PropertyKey[]): unknown {
    // Whatever a flag is set to goes to the table of flags as it is.
    if (typeof value !== 'object' || value === null || path.at(-1) === 'settings') return value
    const sound = (key: PropertyKey): boolean => !wrong.has(pathText([...path, key]))
    if (Array.isArray(value)) {
      return value.flatMap((element: unknown, index) => (sound(index) ? [copy(element, [...path, index])] : []))
    }
    const kept = Object.entries(value).filter(([key]) => sound(key))
    return Object.fromEntries(kept.map(([key, inner]: [string, unknown]) => [key, copy(inner, [...path, key])]))
  }
}
