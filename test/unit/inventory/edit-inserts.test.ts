import { expect, test } from 'vitest'

import { editInventory } from '../../../src/inventory/edit.ts'

const client = { path: ['a', 'client', 'port'], to: 2479 }
const peer = { path: ['a', 'peer', 'port'], to: 2480 }
const peerAddress = { path: ['a', 'peer', 'address'], to: '10.0.0.9' }

/** `|` is where something comes in: without it the source, with the texts in their order the edited one. */
function inserted(marked: string, ...texts: string[]): { source: string; edited: string } {
  const rest = [...texts]
  return { source: marked.replaceAll('|', ''), edited: marked.replaceAll('|', () => rest.shift() ?? '') }
}

test.each([
  ['one line', `export default { a: { address: 'x'| } }`, [`, client: { port: 2479 }`]],
  ['one line, its comma', `export default { a: { address: 'x',| } }`, [` client: { port: 2479 },`]],
  ['tight', `export default {a:{address:'x'|}}`, [`,client:{port:2479}`]],
  ['empty', `export default { a: {|} }`, [` client: { port: 2479 } `]],
  ['a comment behind', `export default { a: { address: 'x' /* y */| } }`, [`, client: { port: 2479 }`]],
  ['lines', `export default {\n  a: {\n    address: 'x',|\n  },\n}\n`, [`\n    client: { port: 2479 },`]],
  [
    'lines without a comma',
    `export default {\n  a: {\n    address: 'x'||\n  }\n}\n`,
    [`,`, `\n    client: { port: 2479 }`],
  ],
  [
    'tabs, CRLF',
    `export default {\r\n\ta: {\r\n\t\taddress: 'x',|\r\n\t},\r\n}\r\n`,
    [`\r\n\t\tclient: { port: 2479 },`],
  ],
  [
    'comments on its line and below',
    `export default {\n  a: {\n    address: 'x', // main, of old|\n    // client: later\n  },\n}`,
    [`\n    client: { port: 2479 },`],
  ],
  [
    'a comment where the comma goes',
    `export default {\n  a: {\n    address: 'x'| // it, is|\n  }\n}`,
    [`,`, `\n    client: { port: 2479 }`],
  ],
  ['empty lines', `export default {\n  a: {|\n  },\n}`, [`\n    client: { port: 2479 },`]],
  ['JSON', `export default {\n  "a": {\n    "address": "x"||\n  }\n}`, [',', `\n    "client": { "port": 2479 }`]],
  ['blanks at the end', `export default {\n  a: {\n    address: 'x',  |\n  },\n}`, [`\n    client: { port: 2479 },`]],
  ['two to a line', `export default {\n  a: {\n    x: 1, y: 2,| // z\n  },\n}`, [` client: { port: 2479 },`]],
  ['the record is there', `export default { a: { client: { listen: '::'| }, peer: {} } }`, [`, port: 2479`]],
  ['a constant', `const a = { address: 'x'| } as const\nexport default { a }`, [`, client: { port: 2479 }`]],
])('%s', (_, marked, texts) => {
  const { source, edited } = inserted(marked, ...texts)
  expect(editInventory(source, [client])).toEqual({ kind: 'edited', text: edited })
})

test.each([
  [
    'one line',
    `export default { a: { address: "x"| } }`,
    [`, client: { port: 2479 }, peer: { port: 2480, address: "10.0.0.9" }`],
  ],
  [
    'lines',
    `export default {\n  a: {\n    address: "x"||\n  }\n}`,
    [`,`, `\n    client: { port: 2479 },\n    peer: { port: 2480, address: "10.0.0.9" }`],
  ],
  [
    'into a record of its own and beside it',
    `export default { a: { peer: { listen: "::"| }, address: "x",| } }`,
    [`, port: 2480, address: "10.0.0.9"`, ` client: { port: 2479 },`],
  ],
])('several together, %s', (_, marked, texts) => {
  const { source, edited } = inserted(marked, ...texts)
  expect(editInventory(source, [client, peer, peerAddress])).toEqual({ kind: 'edited', text: edited })
})

test('with a replacement beside it, and a list', () => {
  const edits = [
    { path: ['a', 'address'], from: 'x', to: 'y' },
    { path: ['a', 'client', 'advertise', 0], to: 'one' },
    { path: ['a', 'client', 'advertise', 1], to: 'two' },
  ]
  const text = `export default { a: { address: 'y', client: { advertise: ['one', 'two'] } } }`
  expect(editInventory(`export default { a: { address: 'x' } }`, edits)).toEqual({ kind: 'edited', text })
})

test.each([
  [`export default { a: { ...site, address: 'x' } }`, 'a.client may come from what is spread into the object (line 1)'],
  [`export default { a: { client: makeClient() } }`, 'what holds a.client.port is computed (line 1)'],
  [`export default { a: { client: { port: 2379 } } }`, 'a.client.port is written as 2379, and was to be new'],
  [`const both = {}\nexport default { a: both, b: both }`, 'the constant both, which is used in other places'],
  [`export default { a: ['x'] }`, 'what holds a.client is computed'],
])('not into %j', (source, why) => {
  expect(editInventory(source, [client])).toEqual({ kind: 'computed', why: expect.stringContaining(why) })
})
