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
  [`export default { tls: { mode: 'off', [mode]: 'server' } }`, 'tls.mode may come from a computed key (line 1)'],
  [`export default { tls: { get mode() { return 'off' } } }`, 'tls.mode is computed by a function (line 1)'],
  ['export default { tls: { mode: `${o}ff` } }', 'tls.mode is computed'],
  [
    `import { tls } from './site.ts'\nexport default {\n  tls }`,
    "what holds tls.mode is tls (line 3), which comes from './site.ts'",
  ],
  [`export const tls = { mode: 'off' }\nexport default { tls }`, 'tls (line 2), which other files may use'],
  [`let mode = 'off'\nexport default { tls: { mode } }`, 'tls.mode is computed: mode (line 2)'],
  [`const { mode } = { mode: 'off' }\nexport default { tls: { mode } }`, 'tls.mode is computed: mode (line 2)'],
  [`const a = b\nconst b = a\nexport default { tls: a }`, 'what holds tls.mode is computed: a (line 2)'],
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

const move = { path: ['nodes', 'a', 'client', 'advertise', 1], from: '10.0.0.2', to: '10.0.0.9' }

test.each([
  [
    `const b = '10.0.0.2'\nexport default { nodes: { a: { client: { advertise: ['x', b] } } } }`,
    `'10.0.0.2'`,
    `'10.0.0.9'`,
  ],
  [
    'export default { nodes: { a: { client: { advertise: [x(), `10.0.0.2` as const] } } } }',
    '`10.0.0.2`',
    '`10.0.0.9`',
  ],
  [
    `const list = ['x', ("10.0.0.2")] as const\nconst a = { client: { advertise: list } }\nexport default { nodes: { a } }`,
    `"10.0.0.2"`,
    `"10.0.0.9"`,
  ],
])('into a list, by its number: %j', (source, was, is) => {
  expect(editInventory(source, [move])).toEqual({ kind: 'edited', text: source.replace(was, is) })
})

test.each([
  [
    `export default { nodes: { a: { client: { advertise: [...more, '10.0.0.2'] } } } }`,
    'is spread into the list (line 1)',
  ],
  [
    `export default { nodes: { a: { client: { advertise: ['10.0.0.2'] } } } }`,
    'nodes.a.client.advertise[1] is not written',
  ],
  [
    `export default { nodes: { a: { client: { advertise: '10.0.0.2' } } } }`,
    'what holds nodes.a.client.advertise[1] is',
  ],
])('not into a list like %j', (source, why) => {
  expect(editInventory(source, [move])).toEqual({ kind: 'computed', why: expect.stringContaining(why) })
})

test('numbers, however they are written', () => {
  const source = `export default { client: { port: 2_379 }, peer: { port: 0x94c } }`
  const edits = [
    { path: ['client', 'port'], from: 2379, to: 2479 },
    { path: ['peer', 'port'], from: 2380, to: 2480 },
  ]
  expect(editInventory(source, edits)).toEqual({
    kind: 'edited',
    text: `export default { client: { port: 2479 }, peer: { port: 2480 } }`,
  })
  expect(editInventory(source, [{ path: ['client', 'port'], from: 2380, to: 1 }])).toMatchObject({ kind: 'computed' })
})

const address = { path: ['nodes', 'a', 'address'], from: '10.0.0.2', to: '10.0.0.9' }
const sshHost = { path: ['nodes', 'a', 'ssh', 'host'], from: '10.0.0.2', to: '10.0.0.9' }

test('a constant that is used twice is edited where both uses shall change alike, and only then', () => {
  const source = `const ip = '10.0.0.2'\nexport default { nodes: { a: { address: ip, ssh: { host: ip } } } }`
  expect(editInventory(source, [address, sshHost])).toEqual({ kind: 'edited', text: source.replace('.2', '.9') })
  for (const edits of [[address], [address, { ...sshHost, to: '10.0.0.8' }]])
    expect(editInventory(source, edits)).toMatchObject({ kind: 'computed' })
  expect(editInventory(source, [address])).toMatchObject({
    why: expect.stringContaining('the constant ip, which is used'),
  })
})

test.each([
  `const ip = '10.0.0.2'\ntype Ip = typeof ip\nexport default { nodes: { a: { address: ip } } }`,
  `const ip = '10.0.0.2'\nexport { ip }\nexport default { nodes: { a: { address: ip } } }`,
  `const ip = '10.0.0.2'\nexport default { nodes: { a: { address: ip }, b: { address: \`\${ip}1\` } } }`,
  `const a = { address: '10.0.0.2' }\na.address += '1'\nexport default { nodes: { a } }`,
  `const a = { address: '10.0.0.2' }\nexport default { nodes: { a, b: a } }`,
  `const base = { address: '10.0.0.2' }\nexport default { nodes: { a: { ...base } } }`,
  `const base = { address: '10.0.0.2' }\nexport default { nodes: { a: { address: '10.0.0.2', ...base } } }`,
])('what may be used elsewhere too is left alone: %j', (source) => {
  expect(editInventory(source, [address])).toMatchObject({ kind: 'computed' })
})

test('what is only called the same is no use of it, and what is spread from this file is looked into', () => {
  const source = `const address = '10.0.0.2'
const common = { settings: { 'snapshot-count': 1 } }
export default { nodes: { a: { address, ...common }, b: { address: 'b' } }, x: process.env.address }`
  expect(editInventory(source, [address])).toEqual({ kind: 'edited', text: source.replace('.2', '.9') })
})
