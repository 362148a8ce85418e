import { beforeEach, describe, expect, test } from 'vitest'
import { certificateEntries } from '../../../src/certs/entries.ts'
import { certificatesSeen } from '../../../src/certs/see-certificates.ts'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Certificate } from '../../../src/pki/certificate.ts'
import { bundleOf } from '../../../src/pki/certificate.ts'
import type { LeafKind } from '../../../src/pki/leaf.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import type { WireSeen } from '../../../src/status/wire.ts'
import type { HostSeen } from '../../../src/steps/seen.ts'
import { leafRequest } from '../pki/samples.ts'
import { away, cluster, host } from '../status/samples.ts'
import { madePki, site } from './run.ts'

let store: PkiStore
beforeEach(async () => {
  store = await madePki(site())
})

const secured = cluster({ tls: { mode: 'mutual' } })
const at = layoutOf(secured)

const issue = async (name: string, kind: LeafKind): Promise<Certificate> => {
  const [leaf] = await store.issue([{ ...leafRequest({ kind, cn: name }), name }])
  if (!leaf) throw new Error('nothing was issued')
  return leaf.certificate
}
const withFiles = (name: string, texts: Record<string, string>): HostSeen => {
  const about = { type: 'file' as const, mode: 0o640, owner: 'root', group: 'etcd', size: 1, modifiedS: 0 }
  const files = new Map(Object.entries(texts).map(([path, text]) => [path, { ...about, text }]))
  return host(secured, name, { files })
}
const served = (server: Certificate, peer: Certificate): WireSeen => ({
  server: { kind: 'served', certificate: server },
  peer: { kind: 'served', certificate: peer },
  metrics: { kind: 'not-seen', why: '' },
})

describe('what hosts have', () => {
  test('files and handshakes of a member that is as pki/ says: no mismatch', async () => {
    const [server, peer, admin] = [
      await issue('node1', 'server'),
      await issue('node1', 'peer'),
      await issue('admin', 'client'),
    ]
    const bundle = bundleOf([store.ca()])
    const texts = {
      ...Object.fromEntries([at.clientCa, at.peerCa, at.adminCa].map((path) => [path, bundle])),
      [at.serverCert]: server.pem,
      [at.peerCert]: peer.pem,
      [at.adminCert]: admin.pem,
    }
    const hosts = new Map([['node1', withFiles('node1', texts)]])
    const { seen } = certificatesSeen(secured, { hosts }, new Map([['node1', served(server, peer)]]))
    const entries = certificateEntries(store, seen)
    expect(entries.map((entry) => [entry.use, entry.name, entry.seen.length, entry.mismatches])).toEqual([
      ['CA', '1', 3, []],
      ['server', 'node1', 2, []],
      ['peer', 'node1', 2, []],
      ['client', 'admin', 1, []],
    ])
  })

  test('a bundle that lacks a CA is named', async () => {
    await store.beginCa({ from: 'new', key: 'ecdsa-p256', subject: {}, notBefore: new Date(), years: 10 })
    const hosts = new Map([
      ['node1', withFiles('node1', { [at.clientCa]: bundleOf(store.trust().client), [at.peerCa]: store.ca(1).pem })],
    ])
    const { seen } = certificatesSeen(secured, { hosts }, new Map())
    expect(
      certificateEntries(store, seen).flatMap(({ name, mismatches }) => mismatches.map((line) => [name, line])),
    ).toEqual([['2', 'node1 does not trust it (peer-ca.crt)']])
  })

  test('what could not be looked at is told', async () => {
    const server = await issue('node1', 'server')
    const wire: WireSeen = { ...served(server, server), peer: { kind: 'not-seen', why: 'no answer within 3 s' } }
    const hosts = new Map([
      ['node1', withFiles('node1', {})],
      ['node2', away],
    ])
    const { notSeen } = certificatesSeen(secured, { hosts }, new Map([['node1', wire]]))
    expect(notSeen).toEqual([
      { host: 'node1', what: 'the peer certificate that it serves', why: 'no answer within 3 s' },
      { host: 'node2', what: 'its files', why: 'no answer' },
      { host: 'node3', what: 'its files', why: 'it was not asked' },
    ])
  })

  test('one certificate for all members is one entry, compared with what each has', async () => {
    const shared = cluster({ tls: { mode: 'mutual', certificates: 'shared' } })
    const old = await issue('@members', 'server')
    const server = await issue('@members', 'server')
    const hosts = new Map([
      ['node1', withFiles('node1', { [at.serverCert]: server.pem })],
      ['node2', withFiles('node2', { [at.serverCert]: old.pem })],
    ])
    const { seen } = certificatesSeen(shared, { hosts }, new Map())
    expect(certificateEntries(store, seen)[1]).toMatchObject({
      name: '@members',
      inPki: server,
      mismatches: [`node2 has on its disk the former serial ${old.serial}`],
    })
  })
})
