import { pathText } from '../inventory/describe.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { removeFromSource } from '../inventory/remove.ts'
import { withoutNode } from '../inventory/without-node.ts'
import { changeInventoryFile } from './edit-inventory.ts'
import type { Session } from './session.ts'

/** The inventory names the node no more; `computed`: it still does, and the person has been told what to edit. */
export async function removeFromInventory(
  session: Pick<Session, 'cluster' | 'emit' | 'ask'>,
  node: Node,
  beforeWriting: () => Promise<void>,
): Promise<'edited' | 'computed'> {
  const path = ['nodes', node.name]
  const wanted = meaning(withoutNode(session.cluster, node.name))
  const { kind } = await changeInventoryFile(session, {
    edit: (source) => removeFromSource(source, path),
    toMake: [`take ${pathText(path)} out of it`],
    outdated: [node.peer.address, node.client.address, node.ssh.host, ...node.client.advertise, ...node.sans],
    leadsTo: (cluster) => meaning(cluster) === wanted,
    beforeWriting,
  })
  return kind
}

/** All that hosts are held against. */
function meaning({ file: _, warnings: __, ...cluster }: Cluster): string {
  return JSON.stringify(cluster)
}
