import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'

import { DeployError } from '../errors.ts'
import type { MemberMetrics } from '../etcd/metrics.ts'
import { localClientUrl } from '../etcd/urls.ts'
import type { Connection } from '../host/host.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import type { Certificate } from '../pki/certificate.ts'
import { shakeHands, type Credentials } from './handshake.ts'
import { fetchMetrics } from './fetch-metrics.ts'

/** What only a connection to the member's own ports can show. */
export interface WireSeen {
  server: ServedSeen
  peer: ServedSeen
  metrics: MetricsSeen
}

/** A certificate as it was presented in a handshake. */
export type ServedSeen = { kind: 'served'; certificate: Certificate } | NotSeen
export type MetricsSeen = { kind: 'read'; metrics: MemberMetrics } | NotSeen

export interface NotSeen {
  kind: 'not-seen'
  why: string
}

/** Dials the client and the peer port through the host's sshd, or directly where that may not forward. */
export async function seeWire(
  cluster: Cluster,
  node: Node,
  connection: Connection,
  context: { credentials: Credentials | undefined; signal: AbortSignal },
): Promise<WireSeen> {
  const client = new URL(localClientUrl(cluster, node))
  const clientPort: Port = {
    onHost: client.hostname.replaceAll(/[[\]]/g, ''),
    outside: node.client.address,
    port: node.client.port,
  }
  const peerPort: Port = {
    onHost: reachable(node.peer.listen),
    outside: node.peer.address,
    port: node.peer.port,
  }
  const line = { connection, tls: cluster.tls.mode, ...context }
  const [served, peer] = await Promise.all([onLine(line, clientPort, readMember), onLine(line, peerPort, readPeer)])
  const answer = 'why' in served ? { server: notSeen(served.why), metrics: notSeen(served.why) } : served
  return { ...answer, peer: 'why' in peer ? notSeen(peer.why) : peer.peer }
}

/** For both ports of one member; a member that waits for quorum accepts a connection and never answers. */
const deadlineMs = 3000
const lateText = `no answer within ${deadlineMs / 1000} s`

interface Port {
  onHost: string
  outside: string
  port: number
}

interface Line {
  connection: Connection
  tls: Cluster['tls']['mode']
  credentials: Credentials | undefined
  signal: AbortSignal
}

type Work<T> = (socket: Duplex, line: Line & { signal: AbortSignal }) => Promise<T>

async function onLine<T>(line: Line, port: Port, work: Work<T>): Promise<T | { why: string }> {
  const late = AbortSignal.timeout(deadlineMs)
  const signal = AbortSignal.any([line.signal, late])
  let socket: Duplex | undefined
  try {
    socket = await dial(line.connection, port, signal)
    socket.on('error', () => {})
    return await work(socket, { ...line, signal })
  } catch (error) {
    if (line.signal.aborted) throw error
    return { why: late.aborted ? lateText : messageOf(error) }
  } finally {
    socket?.destroy()
  }
}

const readMember: Work<{ server: ServedSeen; metrics: MetricsSeen }> = async (socket, line) => {
  if (line.tls === 'off') return { server: notSeen('TLS is off'), metrics: await readMetrics(socket, line.signal) }
  const { secure, certificate } = await shakeHands(socket, line.credentials, line.signal)
  const server: ServedSeen = { kind: 'served', certificate }
  if (line.tls === 'mutual' && line.credentials === undefined)
    return { server, metrics: notSeen('there is no client certificate here: pki/ has none') }
  return { server, metrics: await readMetrics(secure, line.signal) }
}

const readPeer: Work<{ peer: ServedSeen }> = async (socket, line) => {
  if (line.tls === 'off') return { peer: notSeen('TLS is off') }
  const { certificate } = await shakeHands(socket, line.credentials, line.signal)
  return { peer: { kind: 'served', certificate } }
}

/** A certificate that was served is not lost because the member then refuses to answer. */
async function readMetrics(socket: Duplex, signal: AbortSignal): Promise<MetricsSeen> {
  try {
    const metrics = await fetchMetrics(socket, signal)
    return metrics === undefined ? notSeen('its /metrics is not etcd’s') : { kind: 'read', metrics }
  } catch (error) {
    return notSeen(messageOf(error))
  }
}

/** Where sshd may not forward, or the host can't be logged in to, the member may still be reached from here. */
async function dial(connection: Connection, { onHost, outside, port }: Port, signal: AbortSignal): Promise<Duplex> {
  let before = connection.kind === 'connected' ? '' : messageOf(connection.error)
  if (connection.kind === 'connected') {
    try {
      return await connection.host.dial(onHost, port, signal)
    } catch (error) {
      before = messageOf(error)
    }
  }
  try {
    return await connectDirectly(outside, port, signal)
  } catch (error) {
    throw new Error(`${before}; directly: ${messageOf(error)}`, { cause: error })
  }
}

async function connectDirectly(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  const socket = connectTcp({ host, port, signal })
  await once(socket, 'connect')
  return socket
}

/** A member that listens everywhere is reached on the loopback of its host. */
function reachable(listen: string): string {
  if (listen === '0.0.0.0') return '127.0.0.1'
  return listen === '::' ? '::1' : listen
}

function notSeen(why: string): NotSeen {
  return { kind: 'not-seen', why }
}

function messageOf(error: unknown): string {
  if (error instanceof DeployError) return error.message
  const { name, code, message } = error as NodeJS.ErrnoException
  if (name === 'AbortError' || name === 'TimeoutError') return lateText
  return code ?? message
}
