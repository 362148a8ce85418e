import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'

import { editMoves } from '../../../src/cli/edit-moves.ts'
import type { RunEvent } from '../../../src/engine/events.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import type { Endpoints } from '../../../src/inventory/model.ts'

let file: string
let events: RunEvent[]

beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'edit-moves-')), 'inventory.ts')
  events = []
})

const at = (address: string): Endpoints => ({
  peer: { address, port: 2380, listen: address },
  client: { address, port: 2379, listen: address, advertise: [address] },
})

/** node2 moves from 10.0.0.2 to 10.0.0.9; `node2`: as the file has it before. */
async function edited(node2: string): Promise<{ outcome: string; text: string; sans: string[] | undefined }> {
  const text = `const { old } = { old: '10.0.0.2' }
export default {
  cluster: 'prod',
  version: '3.6.16',
  nodes: { node1: { address: '10.0.0.1' }, node2: ${node2} },
}
`
  writeFileSync(file, text)
  const session = {
    cluster: await loadInventory(file, { connects: false }),
    emit: (event: RunEvent) => void events.push(event),
    ask: { confirm: () => Promise.resolve(true) } as never,
  }
  const { kind, cluster } = await editMoves(session, [{ node: 'node2', from: at('10.0.0.2'), to: at('10.0.0.9') }])
  const sans = cluster.nodes.find(({ name }) => name === 'node2')?.sans
  return { outcome: kind, text: readFileSync(file, 'utf8').replace(text, ''), sans }
}

test('an inventory that says it already, and names the old address nowhere: nobody is asked', async () => {
  expect(await edited(`{ address: '10.0.0.9' }`)).toMatchObject({ outcome: 'edited', text: '' })
  expect(events).toEqual([])
})

test('edited by hand in part: names of the old address follow', async () => {
  const { outcome, text, sans } = await edited(`{ address: '10.0.0.9', sans: ['10.0.0.2'], ssh: { host: '10.0.0.2' } }`)
  expect(outcome).toBe('edited')
  expect(text).toContain(`{ address: '10.0.0.9', sans: ['10.0.0.9'], ssh: { host: '10.0.0.9' } }`)
  // What certificates shall name, in this very run.
  expect(sans).toEqual(['10.0.0.9'])
})

test('code makes a name of the old address: told, and no reason to keep the operation open', async () => {
  expect(await edited(`{ address: '10.0.0.9', sans: [old] }`)).toMatchObject({ outcome: 'edited', text: '' })
  expect(events).toMatchObject([
    { type: 'warning', next: [`make it say nodes.node2.sans[0]: '10.0.0.9' (now '10.0.0.2')`] },
  ])
})

test('code makes the address: told, and it does not say so yet', async () => {
  expect(await edited(`{ address: old }`)).toMatchObject({ outcome: 'computed', text: '' })
  expect(events).toMatchObject([{ type: 'warning' }])
})
