import { expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import type { Certificate } from '../../../src/pki/certificate.ts'
import { statusOf } from '../../../src/status/status-of.ts'
import type { WireSeen } from '../../../src/status/wire.ts'
import { leafRequest, notBefore, sampleCa } from '../pki/samples.ts'
import { cluster, host, reading } from './samples.ts'

const secured = cluster({ tls: { mode: 'mutual' } })
const at = layoutOf(secured)
const now = new Date(notBefore.getTime() + 300_000)
const ca = await sampleCa()
const fresh = (await makeLeaf(ca, leafRequest())).certificate
const ending = (await makeLeaf(ca, leafRequest({ days: 20 }))).certificate

function served(server: Certificate, peer: Certificate): WireSeen {
  const metrics = { kind: 'not-seen' as const, why: '' }
  return { server: { kind: 'served', certificate: server }, peer: { kind: 'served', certificate: peer }, metrics }
}

function withFile(path: string, { pem }: Certificate) {
  const file = { type: 'file' as const, mode: 0o640, owner: 'root', group: 'etcd', size: 1, modifiedS: 0, text: pem }
  return host(secured, 'node1', { files: new Map([[path, file]]) })
}

function status(hosts: Parameters<typeof reading>[0], node1: WireSeen) {
  return statusOf(reading(hosts, { cluster: secured, wire: new Map([['node1', node1]]), now }))
}

test('days are those of the certificate as served', () => {
  const [server, peer] = status({}, served(fresh, ending)).members[0]?.certificates ?? []
  expect(server).toMatchObject({ use: 'server', seen: 'served', daysLeft: 364, due: false, serial: fresh.serial })
  expect(peer).toMatchObject({ use: 'peer', seen: 'served', daysLeft: 19, due: true })
})

test('one that ends within 30 days is due, and the exit code says so', () => {
  const { certificatesDue, exitCode } = status({}, served(fresh, ending))
  expect(certificatesDue).toEqual([
    { host: 'node1', use: 'peer', daysLeft: 19, notAfter: ending.notAfter.toISOString() },
  ])
  // Links are not seen here, which is no fault.
  expect(exitCode).toBe(4)
})

test('where the handshake was not seen, the file tells the days, marked as such', () => {
  const why = 'no answer within 3 s'
  const notSeen = { kind: 'not-seen' as const, why }
  const node1 = withFile(at.serverCert, ending)
  const [server, peer] =
    status({ node1 }, { server: notSeen, peer: notSeen, metrics: notSeen }).members[0]?.certificates ?? []
  expect(server).toMatchObject({ seen: 'file', daysLeft: 19, due: true, notServed: why })
  expect(peer).toMatchObject({ seen: 'not-seen', daysLeft: null })
})

test('a member that serves another certificate than its file holds is warned of', () => {
  const { warnings } = status({ node1: withFile(at.peerCert, fresh) }, served(fresh, ending))
  expect(warnings.map(({ host: name, message }) => `${name} ${message}`)).toEqual([
    `node1 it serves another peer certificate (serial ${ending.serial}) than ${at.peerCert} holds (serial ${fresh.serial})`,
  ])
})

test('the admin certificate and the CA are on every host, and told once', () => {
  const file = (pem: string) => ({
    type: 'file' as const,
    mode: 0o640,
    owner: '',
    group: '',
    size: 1,
    modifiedS: 0,
    text: pem,
  })
  const files = new Map([
    [at.adminCert, file(ending.pem)],
    [at.peerCa, file(ending.pem)],
    [at.clientCa, file(ending.pem)],
  ])
  const hosts = Object.fromEntries(['node1', 'node2', 'node3'].map((name) => [name, host(secured, name, { files })]))
  expect(status(hosts, served(fresh, fresh)).certificatesDue.map(({ use }) => use)).toEqual(['admin', 'CA'])
})
