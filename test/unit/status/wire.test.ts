import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { DeployError } from '../../../src/errors.ts'
import type { Connection, Host } from '../../../src/host/host.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import type { KeyPair } from '../../../src/pki/ca.ts'
import { seeWire } from '../../../src/status/wire.ts'
import { leafRequest, sampleCa } from '../pki/samples.ts'
import { cluster } from './samples.ts'

const ca = await sampleCa()
const [server, peer, admin] = await Promise.all([
  makeLeaf(ca, leafRequest({ kind: 'server' })),
  makeLeaf(ca, leafRequest({ kind: 'peer' })),
  makeLeaf(ca, leafRequest({ kind: 'client', cn: 'root' })),
])
const open: Server[] = []
afterAll(() => {
  for (const each of open) each.close()
})

async function listening(listener: Server): Promise<number> {
  open.push(listener)
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return (listener.address() as AddressInfo).port
}

const answer: RequestListener = (request, response) => {
  expect(request.url).toBe('/metrics')
  response.setHeader('content-encoding', 'gzip')
  response.end(gzipSync('etcd_server_has_leader 1\netcd_network_active_peers{Local="a1",Remote="b2"} 1\n'))
}

/** As a member with mutual TLS asks for them. */
function secure(leaf: KeyPair): HttpsServer {
  const own = { cert: leaf.certificate.pem, key: leaf.key.reveal() }
  return createHttps({ ...own, ca: ca.certificate.pem, requestCert: true, rejectUnauthorized: true }, answer)
}

function clusterAt(client: number, peers: number, mode: 'mutual' | 'off') {
  const address = '127.0.0.1'
  const node1 = { client: { address, port: client }, peer: { address, port: peers } }
  const of = cluster({ nodes: { node1 }, tls: { mode } })
  const [node] = of.nodes
  if (node === undefined) throw new Error('no node')
  return { of, node }
}

function connected(dial: Host['dial']): Connection {
  const no = () => Promise.reject(new Error('not here'))
  const cost = { commands: 0, bytesSent: 0, bytesReceived: 0 }
  return {
    kind: 'connected',
    host: { name: 'node1', target: 'root@node1:22', cost, run: no, stream: no, lock: no, dial, close: () => {} },
  }
}

const forwarding = connected((address, port) => Promise.resolve(connect({ host: address, port })))
const refusing = connected(() =>
  Promise.reject(new DeployError({ message: 'sshd on node1 does not forward connections' })),
)
const withAdmin = { credentials: admin, signal: new AbortController().signal }

test('both ports show the certificate that they serve, and the metrics come over the first', async () => {
  const { of, node } = clusterAt(await listening(secure(server)), await listening(secure(peer)), 'mutual')
  const seen = await seeWire(of, node, forwarding, withAdmin)
  expect(seen.server).toMatchObject({ kind: 'served', certificate: { serial: server.certificate.serial } })
  expect(seen.peer).toMatchObject({ kind: 'served', certificate: { serial: peer.certificate.serial } })
  expect(seen.metrics).toMatchObject({ kind: 'read', metrics: { activePeers: new Map([['b2', 1]]) } })
})

test('without a client certificate they are seen all the same; metrics are not', async () => {
  const { of, node } = clusterAt(await listening(secure(server)), await listening(secure(peer)), 'mutual')
  const seen = await seeWire(of, node, forwarding, { ...withAdmin, credentials: undefined })
  expect(seen.server).toMatchObject({ kind: 'served', certificate: { serial: server.certificate.serial } })
  expect(seen.peer).toMatchObject({ kind: 'served', certificate: { serial: peer.certificate.serial } })
  expect(seen.metrics).toMatchObject({ kind: 'not-seen', why: expect.stringContaining('pki/') as string })
})

test('where sshd does not forward, and where it is not reached, the ports are dialled from here', async () => {
  const { of, node } = clusterAt(await listening(secure(server)), await listening(secure(peer)), 'mutual')
  const unreachable: Connection = { kind: 'unreachable', error: new Error('no answer') }
  for (const connection of [refusing, unreachable]) {
    const seen = await seeWire(of, node, connection, withAdmin)
    expect([seen.server.kind, seen.peer.kind, seen.metrics.kind]).toEqual(['served', 'served', 'read'])
  }
})

test('with TLS off the metrics are read in the clear', async () => {
  const { of, node } = clusterAt(await listening(createHttp(answer)), 1, 'off')
  const seen = await seeWire(of, node, forwarding, withAdmin)
  expect(seen.metrics).toMatchObject({ kind: 'read' })
  expect([seen.server.kind, seen.peer.kind]).toEqual(['not-seen', 'not-seen'])
})

test('a member that waits for quorum accepts and never answers: nobody waits for it for long', async () => {
  const { of, node } = clusterAt(await listening(createServer(() => {})), await listening(secure(peer)), 'mutual')
  const begunMs = performance.now()
  const seen = await seeWire(of, node, forwarding, withAdmin)
  expect(seen.server).toEqual({ kind: 'not-seen', why: 'no answer within 3 s' })
  expect(seen.peer.kind).toBe('served')
  expect(performance.now() - begunMs).toBeLessThan(5000)
})

test('so does a host that hangs, dialled directly: its deadline ends the wait, not the process', async () => {
  const [client, peers] = [await listening(createServer(() => {})), await listening(createServer(() => {}))]
  const { of, node } = clusterAt(client, peers, 'mutual')
  const seen = await seeWire(of, node, refusing, withAdmin)
  expect(seen.server).toMatchObject({ kind: 'not-seen' })
  expect(seen.peer).toMatchObject({ kind: 'not-seen' })
})

test('nothing listens there: both reasons are kept', async () => {
  const free = await listening(createServer())
  await new Promise<void>((resolve) => open.pop()?.close(() => resolve()))
  const { of, node } = clusterAt(free, 1, 'mutual')
  const seen = await seeWire(of, node, refusing, withAdmin)
  expect(seen.server).toEqual({
    kind: 'not-seen',
    why: 'sshd on node1 does not forward connections; directly: ECONNREFUSED',
  })
})
