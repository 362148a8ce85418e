import fc from 'fast-check'
import { expect, test } from 'vitest'

import { removeFromSource } from '../../../src/inventory/remove.ts'
import { file, isWithin, read, root, sourceOf, type Tree } from './any-style.ts'

/** What is between the marks goes, and nothing else. */
function removed(marked: string) {
  const source = marked.replaceAll(/[«»]/g, '')
  return { edited: removeFromSource(source, ['nodes', 'c']), text: marked.replaceAll(/«[^»]*»/g, '') }
}

const lines = (...rows: string[]): string => `export default {\n  nodes: {\n${rows.join('')}  },\n}\n`

test.each([
  ['the first', lines(`«    c: { address: 'x' },\n»`, `    a: {},\n`)],
  ['in the middle', lines(`    a: {},\n`, `«    c: {\n      address: 'x',\n    },\n»`, `    b: {},\n`)],
  ['the last', lines(`    a: {},\n`, `«    c: {},\n»`)],
  ['the last, nobody has a comma there', lines(`    a: {}«,»\n`, `«    c: {}\n»`)],
  ['the only one', lines(`«    c: {},\n»`)],
  ['the only one, without a comma', lines(`«    c: {}\n»`)],
  [
    'what is remarked on its line',
    lines(`    a: {}, // one\n`, `«    c: {}, // dead /* x */\n»`, `    b: {}, // two\n`),
  ],
  ['remarked before its comma', lines(`    a: {},\n`, `«    c: {} /* dead */, // really\n»`)],
  ['remarked, without a comma', lines(`    a: {}«,» // one\n`, `«    c: {} // dead\n»`)],
  ['above it stays what may be of others', lines(`    a: {},\n`, `    // rack 2\n`, `«    c: {},\n»`, `    b: {},\n`)],
  ['above it, without a comma', lines(`    a: {}«,»\n`, `    // rack 2\n`, `«    c: {}\n»`)],
  ['below an empty line', lines(`    a: {},\n\n`, `«    c: {},\n»`, `\n    b: {},\n`)],
  ['quoted', lines(`    a: {},\n`, `«    "c": {},\n»`)],
  ['shorthand', `const c = { address: 'x' }\n${lines(`    a: {},\n`, `«    c,\n»`)}`],
  ['whatever makes its value', lines(`«    c: makeNode(3),\n»`, `    a: {},\n`)],
  ['a method', lines(`«    get c() {\n      return {}\n    },\n»`, `    a: {},\n`)],
  ['in brackets', lines(`«    c: ({ address: 'x' } as const),\n»`, `    a: {},\n`)],
  ['behind what is spread', lines(`    ...others,\n`, `«    c: {},\n»`)],
  ['behind what is spread, without commas', lines(`    ...others«,»\n`, `«    c: {}\n»`)],
  ['before what is spread', lines(`«    c: {},\n»`, `    ...others,\n`)],
  ['a line that ends with what comes next', lines(`    a: {},\n`, `    «c: {\n    }, »b: {},\n`)],
  ['a line that begins with another', lines(`    a: {\n    },« c: {\n    },»\n`, `    b: {},\n`)],
  ['two to a line, remarked', lines(`    a: {}, «c: {}, »// both\n`, `    b: {},\n`)],
  ['two to a line, the last', lines(`    a: {}«,»« c: {}» // both\n`)],
  ['a remark that goes on below', lines(`    «c: {}, »/* b is\n    special */ b: {},\n`)],
  ['commas first', lines(`    a: {}\n`, `    , «c: {}\n    , »b: {}\n`)],
  ['commas first, the last', lines(`    a: {}\n`, `«    , c: {}\n»`)],
  ['brace behind it', `export default { nodes: {\n  a: {}«,»\n  «c: {} »} }\n`],
  ['one line, first', `export default { nodes: { «c: {}, »a: {} } }`],
  ['one line, middle', `export default { nodes: { a: {}, «c: {} /* x */, »/* b */ b: {} } }`],
  ['one line, last', `export default { nodes: { a: {}«,»« c: {}» } }`],
  ['one line, last, remarked', `export default { nodes: { a: {}«,» /* why */« c: {} /* x */» } }`],
  ['one line, last, its comma', `export default { nodes: { a: {}, «c: {}, »} }`],
  ['one line, only', `export default { nodes: { «c: {} »} }`],
  ['tight', `export default {nodes:{a:{}«,»«c:{}»}}`],
  ['tight, first', `export default {nodes:{«c:{},»a:{}}}`],
  ['JSON', `export default {\n  "nodes": {\n    "a": {}«,»\n«    "c": {}\n»  }\n}`],
  ['CRLF, tabs', `export default {\r\n\tnodes: {\r\n\t\ta: {},\r\n«\t\tc: {}, // x\r\n»\t},\r\n}\r\n`],
  ['CRLF, without commas', `export default {\r\n  nodes: {\r\n    a: {}«,»\r\n«    c: {}\r\n»  }\r\n}`],
  ['a constant', `const nodes = {\n  a: {},\n«  c: {},\n»} as const\nexport default defineInventory({ nodes })\n`],
  ['what looks like it elsewhere', `// c: {},\nconst x = { c: 1 }\n${lines(`    a: { c: 1 },\n`, `«    c: {},\n»`)}`],
])('%s', (_, marked) => {
  const { edited, text } = removed(marked)
  expect(edited).toEqual({ kind: 'edited', text })
})

test.each([
  [`export default { nodes: makeNodes() }`, 'what holds nodes.c is computed (line 1)'],
  [`import { nodes } from './site.ts'\nexport default { nodes }`, "comes from './site.ts'"],
  [`export default { nodes: { ...rack1, ...rack2 } }`, 'nodes.c is not written there (line 1)'],
  [`export default { nodes: { [c]: {} } }`, 'nodes.c is not written there (line 1)'],
  [`export const nodes = { c: {} }\nexport default { nodes }`, 'which other files may use'],
  [
    `const nodes = { c: {} }\nconst names = Object.keys(nodes)\nexport default { nodes, sans: names }`,
    'nodes.c stands in the constant nodes, which is used in other places of the file too',
  ],
  [`export default { cluster: 'x' }`, 'nodes.c is not written there'],
  [`export default { nodes: [`, 'not plain TypeScript'],
  [`export default () => ({})`, 'what holds nodes is computed'],
])('does not guess at %j', (source, why) => {
  expect(removeFromSource(source, ['nodes', 'c'])).toEqual({ kind: 'computed', why: expect.stringContaining(why) })
})

test('whatever it looks like: the key is gone, all else says what it said, and nothing was added', () => {
  fc.assert(
    fc.property(root, file, fc.nat(), (value, written, which) => {
      const places = placesIn(value)
      const path = places[which % places.length] as string[]
      const source = `export default ${sourceOf(value, written)}${written.end}`
      const edited = removeFromSource(source, path)
      expect(edited).toMatchObject({ kind: 'edited' })
      const { text } = edited as { text: string }
      expect(read(text)).toEqual(less(value, path))
      expect(isWithin(text, source)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

function placesIn(value: Tree, path: string[] = []): string[][] {
  if (typeof value !== 'object' || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, each]) => [[...path, key], ...placesIn(each, [...path, key])])
}

function less(value: Tree, path: readonly string[]): Tree {
  const [key = '', ...rest] = path
  const { [key]: inner, ...others } = value as Record<string, Tree>
  return rest.length === 0 ? others : { ...(value as Record<string, Tree>), [key]: less(inner ?? {}, rest) }
}
