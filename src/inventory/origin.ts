import { lookUp, pathText } from './describe.ts'
import { spotsOf } from './line-of.ts'
import type { Path } from './schema-keys.ts'

/** Where a value of the resolved inventory comes from. */
export type Origin =
  /** `at`: its path there; `variables`: of the environment, which the inventory reads for it. `node`: that node's own, over what is for all. */
  | { kind: 'inventory' | 'node'; at: string; line?: number; variables?: string[] }
  /** Of the machine that this runs on. `unless`: the OpenSSH configuration that goes before it. */
  | { kind: 'environment'; of: string; unless?: string }
  | { kind: 'default'; unless?: string }

/** The first of these places that the inventory has; else what is told. */
export type FindOrigin = (places: readonly Path[], otherwise?: Origin) => Origin

export function originsIn(raw: unknown, source: string): FindOrigin {
  const spotOf = spotsOf(source)
  return (places, otherwise = { kind: 'default' }) => {
    const place = places.find((each) => lookUp(each, raw).present)
    if (place === undefined) return otherwise
    const spot = spotOf(place)
    return {
      kind: isOverForAll(place) ? 'node' : 'inventory',
      at: pathText(place),
      ...(spot === undefined ? {} : { line: spot.line }),
      ...(spot === undefined || spot.variables.length === 0 ? {} : { variables: spot.variables }),
    }
  }
}

/** `nodes.NAME.ssh.user` wins over `ssh.user`. */
function isOverForAll([top, , key]: Path): boolean {
  return top === 'nodes' && (key === 'ssh' || key === 'settings')
}
