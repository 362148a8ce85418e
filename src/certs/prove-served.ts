import type { Connection } from '../host/host.ts'
import type { Cluster } from '../inventory/model.ts'
import type { PkiStore } from '../pki/store.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { memberLeafName } from '../steps/member-leaf.ts'
import { seeWire, type ServedSeen } from '../status/wire.ts'

export interface ProofContext {
  cluster: Cluster
  connections: ReadonlyMap<string, Connection>
  signal: AbortSignal
}

export type Use = 'server' | 'peer'

/** What the members of the hosts that could be reached show in a handshake, beside what `pki/` has for them. */
export interface ServedProof {
  /** They serve another certificate than the newest. */
  stale: { host: string; use: Use; serial: string; wanted: string }[]
  notSeen: { host: string; use: Use; why: string }[]
}

/** Only a handshake proves which certificate is served: a file on disk does not. */
export async function proveServed(context: ProofContext, store: PkiStore): Promise<ServedProof> {
  const { cluster, connections, signal } = context
  const credentials = store.leaf(adminName, 'client')
  const proof: ServedProof = { stale: [], notSeen: [] }
  await Promise.all(
    cluster.nodes.map(async (node) => {
      const connection = connections.get(node.name)
      if (connection?.kind !== 'connected') return
      const wire = await seeWire(cluster, node, connection, { credentials, signal })
      for (const use of ['server', 'peer'] as const) {
        const wanted = store.leaf(memberLeafName(cluster, node.name), use)?.serial
        compare(proof, { host: node.name, use, wanted }, wire[use])
      }
    }),
  )
  return proof
}

function compare(
  proof: ServedProof,
  { host, use, wanted }: { host: string; use: Use; wanted: string | undefined },
  seen: ServedSeen,
): void {
  if (seen.kind === 'not-seen') {
    proof.notSeen.push({ host, use, why: seen.why })
    return
  }
  const { serial } = seen.certificate
  if (wanted !== undefined && serial !== wanted) proof.stale.push({ host, use, serial, wanted })
}
