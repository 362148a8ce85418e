import type { InventoryEdit } from './edit.ts'
import { schema } from './schema.ts'
import type { Key } from './written.ts'

type Values = Record<Key, unknown>

/** What an inventory comes to once edits are made, wherever its source has the values from. */
export function withEdits(raw: unknown, edits: readonly InventoryEdit[]): unknown {
  const inventory = structuredClone(schema.parse(raw))
  for (const { path, to } of edits) {
    const keys = [...path]
    const last = keys.pop()
    if (last === undefined) continue
    let at = inventory as unknown as Values
    for (const [index, key] of keys.entries()) {
      at[key] ??= typeof (keys[index + 1] ?? last) === 'number' ? [] : {}
      at = at[key] as Values
    }
    at[last] = to
  }
  return inventory
}
