import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { ClusterPki } from '../../../src/steps/cluster-pki.ts'
import type { Seen } from '../../../src/steps/seen.ts'
import { isShutOut } from '../../../src/steps/shut-out.ts'
import { cluster, host } from '../status/samples.ts'

const app = { name: 'app', kind: 'client' } as const
let of: Cluster
let store: PkiStore
let seen: Seen

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-deploy-pki-'))
  const inventory = cluster({ tls: { mode: 'mutual', clients: { app: { cn: 'app' }, other: { cn: 'other' } } } })
  of = { ...inventory, pki: { ...inventory.pki, dir: folder } }
  seen = { hosts: new Map(of.nodes.map(({ name }) => [name, host(of, name)])) }
  store = await new ClusterPki({ cluster: of, emit: () => {} }).write(undefined, seen, {
    kind: 'bootstrap',
    token: 't',
  })
  return () => rm(folder, { recursive: true })
})

test('a revoked client is renewed by nobody, the others are', async () => {
  await revokeNewest('app')
  expect(isShutOut(store, app)).toBe(true)
  const renewal = { kinds: new Set(['client'] as const) }
  const pki = new ClusterPki({ cluster: of, emit: () => {}, renewal })
  const due = await pki.due((await pki.open()) ?? store, seen)
  expect(due.map(({ name }) => name)).toEqual(['admin', 'other'])
})

test('nor does it get one of a new CA', async () => {
  await revokeNewest('app')
  const from = store.generation
  const to = await store.beginCa({ from: 'new', key: 'ecdsa-p256', subject: {}, years: 10, notBefore: new Date() })
  await store.issueFrom(to)
  await store.trustOnly([to])
  expect(from).not.toBe(to)
  const due = await new ClusterPki({ cluster: of, emit: () => {} }).due(store, seen)
  expect(due.map(({ name, kind }) => `${name} ${kind}`)).toContain('other client')
  expect(due.map(({ name }) => name)).not.toContain('app')
})

test('until it is given another', async () => {
  const leaf = await revokeNewest('app')
  const { dnsNames, ipAddresses } = leaf.certificate
  const request = { ...app, cn: 'app', subject: {}, dnsNames, ipAddresses, key: 'ecdsa-p256' as const }
  await store.issue([{ ...request, notBefore: new Date(), days: 30 }])
  expect(isShutOut(store, app)).toBe(false)
})

test("the hosts' own client is never shut out: nobody could work there", async () => {
  await revokeNewest('admin')
  expect(isShutOut(store, { name: 'admin', kind: 'client' })).toBe(false)
})

async function revokeNewest(name: string) {
  const leaf = store.leaf(name, 'client')
  if (leaf === undefined) throw new Error(name)
  const now = new Date()
  const revocation = { serial: leaf.serial, revokedAt: now.toISOString(), reason: 'keyCompromise' as const }
  await store.revoke([revocation], { thisUpdate: now, nextUpdate: new Date(now.getTime() + 86_400_000) })
  return leaf
}
