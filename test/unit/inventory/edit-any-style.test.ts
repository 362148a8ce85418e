import fc from 'fast-check'
import { expect, test } from 'vitest'

import { editInventory, type InventoryEdit } from '../../../src/inventory/edit.ts'
import { file, isWithin, read, root, sourceOf, word, type Tree } from './any-style.ts'
import { applied } from './moves.ts'

const news = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom(['new'], ['new2'], ['in', 'new'], ['in', 'new2']), fc.oneof(word, fc.nat())),
  { maxLength: 4 },
)

test('whatever it looks like, the edited source says what was to be said', () => {
  fc.assert(
    fc.property(root, file, fc.array(fc.boolean()), news, (value, written, which, added) => {
      const { leaves, objects } = placesIn(value)
      const changes = leaves
        .filter((_, index) => which[index] === true)
        .map(({ path, leaf }) => ({ path, from: leaf, to: typeof leaf === 'number' ? leaf + 1 : `${leaf}'\\"` }))
      const inserts = added.map(([at, rest, to]) => ({ path: [...objects[at % objects.length]!, ...rest], to }))
      const once = [...new Map(inserts.map((edit) => [JSON.stringify(edit.path), edit])).values()]
      const edits: InventoryEdit[] = [...changes, ...once]
      const source = `export default ${sourceOf(value, written)}${written.end}`
      const edited = editInventory(source, edits)
      expect(edited).toMatchObject({ kind: 'edited' })
      const { text } = edited as { text: string }
      expect(read(source)).toEqual(value)
      expect(read(text)).toEqual(applied(value, edits))
      for (const mark of ['/* x */', '// x']) expect(text.split(mark).length - 1).toBe(source.split(mark).length - 1)
      if (changes.length === 0) expect(isWithin(source, text)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

function placesIn(value: Tree, path: (string | number)[] = []): Places {
  if (typeof value !== 'object') return { leaves: [{ path, leaf: value }], objects: [] }
  const inner = Object.entries(value).map(([key, each]) =>
    placesIn(each, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return {
    leaves: inner.flatMap(({ leaves }) => leaves),
    objects: [...(Array.isArray(value) ? [] : [path]), ...inner.flatMap(({ objects }) => objects)],
  }
}

interface Places {
  leaves: { path: (string | number)[]; leaf: string | number }[]
  objects: (string | number)[][]
}
