import { expectTypeOf, test } from 'vitest'
import type { z } from 'zod'
import { defineInventory } from '../../../src/index.ts'
import type { Inventory } from '../../../src/index.ts'
import type { schema } from '../../../src/inventory/schema.ts'

test('the schema takes exactly what the public type allows', () => {
  expectTypeOf<z.input<typeof schema>>().toEqualTypeOf<Inventory>()
  expectTypeOf<z.output<typeof schema>>().toEqualTypeOf<Inventory>()
})

test('the compiler refuses what the loader would', () => {
  const rest = { cluster: 'a', version: '3.6.16', nodes: {} }
  // @ts-expect-error a mistyped key
  defineInventory({ ...rest, nodes: { node1: { adress: '10.0.0.1' } } })
  // @ts-expect-error a literal secret
  defineInventory({ ...rest, ssh: { password: 'geheim' } })
  // @ts-expect-error a flag of the tool's own
  defineInventory({ ...rest, settings: { 'data-dir': '/data' } })
  // @ts-expect-error no unit of etcd's
  defineInventory({ ...rest, settings: { 'quota-backend-bytes': '8 gigs' } })
  // @ts-expect-error concurrency is not one node's
  defineInventory({ ...rest, nodes: { node1: { address: '10.0.0.1', ssh: { concurrency: 3 } } } })
})
