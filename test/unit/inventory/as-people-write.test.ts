import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'

import { editInventory, type Edited } from '../../../src/inventory/edit.ts'
import { loadInventory, readInventory } from '../../../src/inventory/load.ts'
import { moveEdits } from '../../../src/inventory/move-edits.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { Move } from '../../../src/inventory/move.ts'
import { tryInventory } from '../../../src/inventory/trial.ts'
import { endpointsOf, moveBy, moveTo } from './moves.ts'

beforeEach(() => {
  vi.stubEnv('NODE2_IP', '10.0.0.2')
  return () => vi.unstubAllEnvs()
})

const toNewAddress = (cluster: Cluster): Move => moveTo(cluster, 'node2', '10.0.0.2', '10.0.0.9')
const toNewPorts = (cluster: Cluster): Move =>
  moveBy(cluster, 'node2', ({ peer, client }) => ({ peer: { ...peer, port: 2480 }, client: { ...client, port: 2479 } }))
const toOtherPeerAddress = (cluster: Cluster): Move =>
  moveBy(cluster, 'node2', ({ peer, client }) => ({
    peer: { ...peer, address: '10.1.0.2', listen: '10.1.0.2' },
    client,
  }))

/** What differs stands as `⟦before→after⟧`: everything outside of it is the same, byte by byte. */
const edited: [string, (cluster: Cluster) => Move, string][] = [
  [
    'a node on a line, comments, trailing commas',
    toNewAddress,
    `// node2 was 10.0.0.2 from the start
import { defineInventory } from 'etcd-deploy'

export default defineInventory({
  cluster: 'prod',   version: '3.6.16', /* not '10.0.0.2' */
  nodes: {                                   // a record: names are unique, edits are exact
    node1: { address: '10.0.0.1' },
    node2: { address: ⟦'10.0.0.2'→'10.0.0.9'⟧, }, // '10.0.0.2'
    node3: { address: '10.0.0.22', ssh: { host: '203.0.113.9', port: 2222 } },
  },
})
`,
  ],
  [
    'double quotes, tabs, CRLF, everything said',
    toNewAddress,
    `export default {\r
\tcluster: "prod",\r
\tversion: "3.6.16",\r
\tnodes: {\r
\t\tnode1: { address: "10.0.0.1" },\r
\t\t"node2": {\r
\t\t\taddress: ⟦"10.0.0.2"→"10.0.0.9"⟧,\r
\t\t\tpeer: { address: ⟦"10.0.0.2"→"10.0.0.9"⟧, listen: "0.0.0.0" },\r
\t\t\tclient: { advertise: ["etcd.example.com", ⟦"10.0.0.2"→"10.0.0.9"⟧] },\r
\t\t\tsans: [ ⟦'10.0.0.2'→'10.0.0.9'⟧ ],\r
\t\t\tssh: { host: ⟦\`10.0.0.2\`→\`10.0.0.9\`⟧ },\r
\t\t},\r
\t},\r
\ttls: { sans: ["10.0.0.1", ⟦"10.0.0.2"→"10.0.0.9"⟧] },\r
};`,
  ],
  [
    'constants, types, satisfies',
    toNewAddress,
    `import type { Inventory, NodeOptions } from 'etcd-deploy'

const address = ⟦'10.0.0.2'→'10.0.0.9'⟧ as const
const node2: NodeOptions = { address, settings: { 'snapshot-count': 5000 } }
const nodes = {
  node1: { address: '10.0.0.1' },
  node2,
} satisfies Inventory['nodes']

const inventory = { cluster: 'prod', version: '3.6.16', nodes } satisfies Inventory
export default inventory
`,
  ],
  [
    'a constant for the member and its sshd',
    toNewAddress,
    `const ips = ['10.0.0.1', '10.0.0.3']
const second = ⟦'10.0.0.2'→'10.0.0.9'⟧
export default {
  cluster: 'prod', version: '3.6.16',
  nodes: { node1: { address: ips[0]! }, node2: { address: second, ssh: { host: second } }, node3: { address: ips[1]! } },
}`,
  ],
  [
    'spread from another file before it',
    toNewAddress,
    `import { common, others } from './site/common.ts'
export default { ...common, nodes: { ...others, node2: { ...others.node1, address: ⟦'10.0.0.2'→'10.0.0.9'⟧ } } }
`,
  ],
  [
    'beside addresses of the environment',
    toNewAddress,
    `export default {
  cluster: process.env.CLUSTER ?? 'prod', version: '3.6.16',
  nodes: { node1: { address: process.env.NODE1_IP || '10.0.0.1' }, node2: { address: ⟦'10.0.0.2'→'10.0.0.9'⟧ } },
}`,
  ],
  [
    'ports that are not written, in lines',
    toNewPorts,
    `export default {
    cluster: 'prod',
    version: '3.6.16',
    nodes: {
        node2: {
            address: '10.0.0.2',
            client: { listen: '0.0.0.0'⟦→, port: 2479⟧ }⟦→,⟧ // everywhere⟦→
            peer: { port: 2480 }⟧
            // ssh: { port: 22 }
        },
        node1: { address: '10.0.0.1' }
    }
}
`,
  ],
  [
    'ports that are not written, on a line',
    toNewPorts,
    `export default { cluster: 'prod', version: '3.6.16', nodes: { node2: { address: '10.0.0.2'⟦→, peer: { port: 2480 }, client: { port: 2479 }⟧ } } }`,
  ],
  [
    'a port here and none there',
    toNewPorts,
    `const clientPort = ⟦12379→2479⟧
export default { cluster: 'prod', version: '3.6.16', nodes: { node2: { address: '10.0.0.2', client: { port: clientPort },⟦→ peer: { port: 2480 },⟧ } } }`,
  ],
  [
    'a peer address of its own',
    toOtherPeerAddress,
    `{
  const site = 'not the inventory'
  console.assert(site.length > 0)
}
export default { cluster: 'prod', version: '3.6.16', nodes: {
  node2: { address: '10.0.0.2', sans: ['10.0.0.2']⟦→, peer: { address: '10.1.0.2' }⟧ }, node1: { address: '10.0.0.1' } } }`,
  ],
  [
    'JSON',
    toNewPorts,
    `export default {
  "cluster": "prod", "version": "3.6.16",
  "nodes": {
    "node2": {
      "address": "10.0.0.2"⟦→,⟧⟦→
      "peer": { "port": 2480 },
      "client": { "port": 2479 }⟧
    }
  }
}`,
  ],
]

test.each(edited)('edited exactly: %s', async (_, move, marked) => {
  const [before, after] = [1, 2].map((side) => marked.replaceAll(/⟦(.*?)→(.*?)⟧/gs, `$${side}`)) as [string, string]
  const { file, cluster, result } = await tried(before, move)
  expect(result).toEqual({ kind: 'edited', text: after })
  const trial = await tryInventory(file, after)
  expect(trial).toMatchObject({
    cluster: { nodes: expect.arrayContaining([expect.objectContaining({ name: 'node2' })]) },
  })
  if ('cluster' in trial) expect(endpointsOf(trial.cluster, 'node2')).toEqual(move(cluster).to)
  expect(readdirSync(join(file, '..')).toSorted()).toEqual(['inventory.ts', 'site'])
})

const head = `cluster: 'prod', version: '3.6.16'`

test.each([
  [
    'the environment',
    `export default { ${head}, nodes: {\n  node2: { address: process.env.NODE2_IP! } } }`,
    'nodes.node2.address is computed, not written as a string or number (line 2)',
  ],
  [
    'the environment, by a constant with a default',
    `const ip = process.env.NODE2_IP ?? '10.0.0.2'\nexport default { ${head}, nodes: { node2: { address: ip } } }`,
    'nodes.node2.address is computed, not written as a string or number (line 1)',
  ],
  [
    'a template',
    `const net = '10.0.0'\nexport default { ${head}, nodes: { node2: { address: \`\${net}.2\` } } }`,
    'nodes.node2.address is computed, not written as a string or number (line 2)',
  ],
  [
    'a function',
    `const node = (n: number) => ({ address: \`10.0.0.\${n}\` })\nexport default { ${head}, nodes: { node1: node(1), node2: node(2) } }`,
    'what holds nodes.node2.address is computed (line 2)',
  ],
  [
    'a list',
    `const ips = ['10.0.0.1', '10.0.0.2']
export default { ${head}, nodes: Object.fromEntries(ips.map((address, index) => [\`node\${index + 1}\`, { address }])) }`,
    'what holds nodes.node2 is computed (line 2)',
  ],
  [
    'another file',
    `import { second } from './site/common.ts'\nexport default { ${head},\n nodes: { node2: { address: second } } }`,
    "nodes.node2.address is second (line 3), which comes from './site/common.ts'",
  ],
  [
    'what is spread from another file',
    `import { all } from './site/common.ts'\nexport default { ${head}, nodes: {\n ...all } }`,
    'nodes.node2 may come from what is spread into the object (line 3)',
  ],
  [
    'a constant that a list uses in a template',
    `const ip = '10.0.0.2'\nexport default { ${head}, nodes: { node2: { address: ip } }, tls: { sans: [\`\${ip}\`] } }`,
    'tls.sans[0] is computed, not written as a string or number (line 2)',
  ],
  [
    'a constant that another member’s jump host uses',
    `const ip = '10.0.0.2'
export default { ${head}, nodes: { node2: { address: ip }, node1: { address: '10.0.0.1', ssh: { jump: \`me@\${ip}\` } } } }`,
    'nodes.node2.address comes from the constant ip, which is used in other places of the file too',
  ],
])('left alone: %s', async (_, source, why) => {
  const { result } = await tried(source, toNewAddress)
  expect(result).toEqual({ kind: 'computed', why })
})

async function tried(
  source: string,
  move: (cluster: Cluster) => Move,
): Promise<{ file: string; cluster: Cluster; result: Edited }> {
  const folder = mkdtempSync(join(tmpdir(), 'written-'))
  const path = join(folder, 'inventory.ts')
  writeFileSync(path, source)
  mkdirSync(join(folder, 'site'))
  writeFileSync(
    join(folder, 'site/common.ts'),
    `export const common = { cluster: 'prod', version: '3.6.16' }
export const second = '10.0.0.2'
export const others = { node1: { address: '10.0.0.1', settings: { 'snapshot-count': 5000 } } }
export const all = { ...others, node2: { address: second } }
`,
  )
  const { file, inventory } = await readInventory(path)
  const cluster = await loadInventory(path, { connects: false })
  return { file, cluster, result: editInventory(source, moveEdits(inventory, move(cluster))) }
}
