import type { Cluster } from '../inventory/model.ts'
import { sameEndpoints, type Move } from '../inventory/move.ts'
import { editInventoryFile } from './edit-inventory.ts'
import type { Session } from './session.ts'

/**
 * The intent, where people will look for it: the inventory says from now on where the members will be, and names what they leave no more,
 * also where it was edited by hand in part. `computed`: it does not say so yet, and the person has been told what to edit.
 * The cluster is what the file says now; a process that has loaded it does not get that by loading it again.
 */
export async function editMoves(
  session: Pick<Session, 'cluster' | 'emit' | 'ask'>,
  moves: readonly Move[],
): Promise<{ kind: 'edited' | 'computed'; cluster: Cluster }> {
  const [{ readInventory }, { moveEdits }] = await Promise.all([
    import('../inventory/load.ts'),
    import('../inventory/move-edits.ts'),
  ])
  const { inventory } = await readInventory(session.cluster.file)
  const edits = moves.flatMap((move) => moveEdits(inventory, move))
  const outcome = await editInventoryFile(session, edits, { leadsTo: (cluster) => saysMoves(cluster, moves) })
  if (outcome.kind === 'edited') return { kind: 'edited', cluster: outcome.cluster }
  return { kind: saysMoves(session.cluster, moves) ? 'edited' : 'computed', cluster: session.cluster }
}

function saysMoves(cluster: Cluster, moves: readonly Move[]): boolean {
  return moves.every(({ node, to }) => {
    const said = cluster.nodes.find(({ name }) => name === node)
    return said !== undefined && sameEndpoints(said, to)
  })
}
