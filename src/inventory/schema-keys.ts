import type { z } from 'zod'
import { schema } from './schema.ts'

export type Path = readonly PropertyKey[]

/** The keys that an inventory may have at a path; empty where it has none of its own (values, records by name). */
export function keysAt(path: Path): string[] {
  const schemas = path.reduce<z.core.$ZodType[]>(
    (above, key) => above.flatMap((one) => inside(one, key)),
    kinds(schema),
  )
  return [...new Set(schemas.flatMap((one) => Object.keys(shapeOf(one))))]
}

/** Where else in the inventory a key of that name belongs: `ssh.port`, `nodes.<name>.peer.port`. */
export function placesOf(key: string): string[] {
  return allPlaces().filter((place) => place.split('.').at(-1) === key)
}

/** Every key that an inventory may have. */
export function allPlaces(): string[] {
  return [...new Set(placesIn(schema, ''))]
}

function placesIn(above: z.core.$ZodType, prefix: string): string[] {
  return kinds(above).flatMap((one) => {
    const { def } = one._zod as z.core.$ZodTypes['_zod']
    if (def.type === 'record') return placesIn(def.valueType, `${prefix}<name>.`)
    return Object.entries(shapeOf(one)).flatMap(([name, inner]) => [
      `${prefix}${name}`,
      ...placesIn(inner, `${prefix}${name}.`),
    ])
  })
}

function inside(above: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  const { def } = above._zod as z.core.$ZodTypes['_zod']
  if (def.type === 'record') return kinds(def.valueType)
  if (def.type === 'array') return kinds(def.element)
  const inner = shapeOf(above)[String(key)]
  return inner === undefined ? [] : kinds(inner)
}

/** What stands behind `optional`, and every branch of a union. */
function kinds(one: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = one._zod as z.core.$ZodTypes['_zod']
  if (def.type === 'optional') return kinds(def.innerType)
  return def.type === 'union' ? def.options.flatMap(kinds) : [one]
}

function shapeOf(one: z.core.$ZodType): Record<string, z.core.$ZodType> {
  const { def } = one._zod as z.core.$ZodTypes['_zod']
  return def.type === 'object' ? def.shape : {}
}
