import { expect, test } from 'vitest'
import { linesOf, spotsOf } from '../../../src/inventory/line-of.ts'

const source = `import { defineInventory } from 'etcd-deploy'
import { far } from './far.ts'

const common = { port: 2222 }
export const nodes = {
  node1: { address: '10.0.0.1' },
  'node-2': {
    address: '10.0.0.2',
    sans: [
      'a',
      'b',
    ],
  },
  ...far,
}
const tls = { mode: 'on' } as const

export default defineInventory({
  cluster: 'prod',
  nodes,
  ssh: {
    user: 'deploy',
    ...common,
  },
  tls,
  service: {
    name: 'etcd',
    ...far,
  },
  settings: makeSettings(),
}) satisfies object
`

test.each<[(string | number)[], number | undefined]>([
  [['cluster'], 19],
  [['tls', 'mode'], 16],
  [['ssh', 'user'], 22],
  // Through what is spread into it.
  [['ssh', 'port'], 4],
  // Where it is missing, or code makes it: what holds it.
  [['ssh', 'host'], 21],
  [['settings', 'log-level'], 30],
  [['service', 'name'], 26],
  // A spread after it may have it too.
  [['nodes', 'node1', 'address'], 20],
  [['paths', 'data'], undefined],
  [[], undefined],
])('%j', (path, line) => {
  expect(linesOf(source)(path)).toBe(line)
})

test('in lists, and under names that need quotes', () => {
  const lines = linesOf(source.replace('  ...far,\n}\nconst', '}\nconst'))
  expect(lines(['nodes', 'node-2', 'sans', 1])).toBe(11)
  expect(lines(['nodes', 'node-2', 'sans', 2])).toBe(9)
})

test.each(['not TypeScript at all {', 'export default function inventory() {}', ''])('%j: no line', (text) => {
  expect(linesOf(text)(['cluster'])).toBeUndefined()
})

test('what of the environment makes a value, also through constants', () => {
  const spotOf = spotsOf(`const { env } = process
const site = process.env.SITE ?? process.env['REGION']
const user = \`\${site}-deploy\`
const itself = itself
export default { cluster: site, ssh: { user }, version: env.VERSION, paths: '/opt/etcd', service: { name: itself } }
`)
  const variables = (...path: string[]) => spotOf(path)?.variables
  expect(variables('cluster')).toEqual(['SITE', 'REGION'])
  expect(variables('ssh', 'user')).toEqual(['SITE', 'REGION'])
  expect(variables('paths')).toEqual([])
  expect(variables('service', 'name')).toEqual([])
  // It is not known what is behind another name.
  expect(variables('version')).toEqual([])
})
