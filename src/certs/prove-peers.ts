import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'

import pLimit from 'p-limit'

import type { Host } from '../host/host.ts'
import type { Node } from '../inventory/model.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { memberLeafName } from '../steps/member-leaf.ts'
import { askVersion } from './ask-version.ts'
import type { ProofContext } from './prove-served.ts'

export interface PeerProof {
  /** Pairs that shook hands, each in its own direction. */
  proved: number
  failed: { from: string; to: string; answered: string }[]
  /** No connection could be made from that host: sshd may forbid forwarding. */
  notSeen: { from: string; to: string; why: string }[]
}

/**
 * Every member's certificate tried against every other member, from its own host, as etcd will when it dials anew: links that are open
 * live on with the certificates that they were made with, so that they prove nothing.
 */
export async function provePeers({ cluster, connections, signal }: ProofContext, store: PkiStore): Promise<PeerProof> {
  const proof: PeerProof = { proved: 0, failed: [], notSeen: [] }
  const limit = pLimit(handshakesAtOnce)
  const pairs = cluster.nodes.flatMap((from) => cluster.nodes.filter((to) => to !== from).map((to) => ({ from, to })))
  const trusted = store.trust().peer.map(({ pem }) => pem)
  await Promise.all(
    pairs.map(({ from, to }) =>
      limit(async () => {
        const [dialling, dialled] = [connections.get(from.name), connections.get(to.name)]
        const leaf = store.leaf(memberLeafName(cluster, from.name), 'peer')
        // Whether a host that can't be reached runs its member nobody knows.
        if (dialling?.kind !== 'connected' || dialled?.kind !== 'connected' || leaf === undefined) return
        const pair = { from: from.name, to: to.name }
        const within = AbortSignal.any([signal, AbortSignal.timeout(5000)])
        try {
          const socket = await dial(dialling.host, to, within)
          if ('why' in socket) proof.notSeen.push({ ...pair, ...socket })
          else {
            await shakeHandsAsPeer(socket, to, { leaf, trusted }, within)
            proof.proved++
          }
        } catch (error) {
          signal.throwIfAborted()
          proof.failed.push({ ...pair, answered: wordsOf(error) })
        }
      }),
    ),
  )
  return proof
}

const handshakesAtOnce = 8

async function dial(host: Host, { peer }: Node, signal: AbortSignal): Promise<Duplex | { why: string }> {
  try {
    return await host.dial(peer.address, peer.port, signal)
  } catch (error) {
    return { why: wordsOf(error) }
  }
}

async function shakeHandsAsPeer(
  socket: Duplex,
  { peer }: Node,
  { leaf, trusted }: { leaf: StoredLeaf; trusted: string[] },
  signal: AbortSignal,
): Promise<void> {
  socket.on('error', () => {})
  const secure = connect({
    socket,
    host: peer.address,
    ca: trusted,
    cert: leaf.certificate.pem,
    key: leaf.key.reveal(),
  })
  secure.on('error', () => {})
  try {
    await once(secure, 'secureConnect', { signal })
    const status = await askVersion(secure, signal)
    if (status !== 200) throw new Error(`/version answered with status ${status}`)
  } finally {
    secure.destroy()
    socket.destroy()
  }
}

function wordsOf(error: unknown): string {
  const { name, message, code } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer within 5 s'
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`
}
