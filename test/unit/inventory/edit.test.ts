import { expect, test } from 'vitest'

import { editInventory } from '../../../src/inventory/edit.ts'

const tlsOn = { path: ['tls', 'mode'], from: 'off', to: 'mutual' }

test('every byte outside the literal stays, whatever stands around it', () => {
  const source = `// a comment: 'off'\r\nimport { defineInventory } from 'etcd-deploy'\n\texport default defineInventory({ cluster: 'off',\n  tls : { /* why */ mode:"off" , sans: [] }, // off\n})\n`
  expect(editInventory(source, [tlsOn])).toEqual({ kind: 'edited', text: source.replace('"off"', '"mutual"') })
})

test.each([
  `const inventory = { tls: { mode: 'off' } }\nexport default inventory\n`,
  `export default { tls: { mode: 'off' } } satisfies Inventory\n`,
  `export default { 'tls': { 'mode': 'off' } } as const\n`,
  `const tls = { mode: 'off' } as const\nexport default defineInventory({ tls: tls })\n`,
  `const base = {}\nexport default { ...base, tls: { mode: 'off' } }\n`,
])('finds it in %j', (source) => {
  expect(editInventory(source, [tlsOn])).toEqual({ kind: 'edited', text: source.replace("'off'", "'mutual'") })
})

test.each([
  [`export default { tls: { mode: process.env.TLS } }`, 'tls.mode is computed'],
  [`export default { tls: makeTls() }`, 'what holds tls.mode is computed'],
  [`export default { tls: { mode: 'off' }, ...more }`, 'tls may come from what is spread'],
  [`export default () => ({ tls: { mode: 'off' } })`, 'what holds tls is computed'],
  [`export default { tls: {} }`, 'tls.mode is not written there'],
  [`export default { tls: { mode: 'server' } }`, "tls.mode is written as 'server', not as 'off'"],
  [`export default { tls: { [mode]: 'off' } }`, 'tls.mode is not written there'],
  [`export const x = 1`, 'no export default'],
  [`export default { tls: `, 'not plain TypeScript'],
])('does not guess at %j', (source, why) => {
  expect(editInventory(source, [tlsOn])).toEqual({ kind: 'computed', why: expect.stringContaining(why) })
})

test('several edits at once, each where it stands, in its own quotes', () => {
  const source = `export default { nodes: { a: { address: '10.0.0.1' }, b: { address: "10.0.0.2" } } }`
  const edits = [
    { path: ['nodes', 'a', 'address'], from: '10.0.0.1', to: '10.0.0.11' },
    { path: ['nodes', 'b', 'address'], from: '10.0.0.2', to: `it's "b"` },
  ]
  expect(editInventory(source, edits)).toEqual({
    kind: 'edited',
    text: `export default { nodes: { a: { address: '10.0.0.11' }, b: { address: "it's \\"b\\"" } } }`,
  })
})
