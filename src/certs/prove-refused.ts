import { once } from 'node:events'
import { connect } from 'node:tls'

import type { Host } from '../host/host.ts'
import { localClientUrl } from '../etcd/urls.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import type { StoredLeaf } from '../pki/store.ts'
import { askVersion } from './ask-version.ts'
import type { ProofContext } from './prove-served.ts'

export interface RefusalProof {
  refused: string[]
  /** Members that still let the certificate in. */
  admitted: string[]
  notSeen: { host: string; why: string }[]
}

/** Tries a revoked certificate on every member's client port, where a valid one is answered: only a refusal proves the list. */
export async function proveRefused(
  { cluster, connections, signal }: ProofContext,
  revoked: StoredLeaf,
  valid: StoredLeaf,
): Promise<RefusalProof> {
  const tried = await Promise.all(
    cluster.nodes.map(async (node) => {
      const connection = connections.get(node.name)
      if (connection?.kind !== 'connected') return undefined
      const within = AbortSignal.any([signal, AbortSignal.timeout(5000)])
      const answers = (leaf: StoredLeaf): Promise<boolean> => isAnswered(cluster, node, connection.host, leaf, within)
      try {
        // Otherwise a member that answers nobody would count as one that refuses.
        if (!(await answers(valid))) return { host: node.name, why: 'it answers no valid certificate either' }
        return { host: node.name, refuses: !(await answers(revoked)) }
      } catch (error) {
        signal.throwIfAborted()
        return { host: node.name, why: (error as Error).message }
      }
    }),
  )
  const seen = tried.filter((each) => each !== undefined)
  return {
    refused: seen.flatMap(({ host, refuses }) => (refuses === true ? host : [])),
    admitted: seen.flatMap(({ host, refuses }) => (refuses === false ? host : [])),
    notSeen: seen.flatMap(({ host, why }) => (why === undefined ? [] : [{ host, why }])),
  }
}

/** Rejects where no connection could be made. With TLS 1.3 a certificate is refused after the handshake: an answer counts. */
async function isAnswered(
  cluster: Cluster,
  node: Node,
  host: Host,
  { certificate, key }: StoredLeaf,
  signal: AbortSignal,
): Promise<boolean> {
  const { hostname } = new URL(localClientUrl(cluster, node))
  const socket = await host.dial(hostname.replaceAll(/[[\]]/g, ''), node.client.port, signal)
  socket.on('error', () => {})
  const secure = connect({ socket, rejectUnauthorized: false, cert: certificate.pem, key: key.reveal() })
  secure.on('error', () => {})
  try {
    await once(secure, 'secureConnect', { signal })
    await askVersion(secure, signal)
    return true
  } catch {
    signal.throwIfAborted()
    return false
  } finally {
    secure.destroy()
    socket.destroy()
  }
}
