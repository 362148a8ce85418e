import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import { bundleOf } from '../../../src/pki/certificate.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { seenOnce, textFile } from '../../../src/steps/file-want.ts'
import { refuseOtherPki } from '../../../src/steps/trust-check.ts'
import { leafRequest, notBefore } from '../pki/samples.ts'
import { cluster, host } from '../status/samples.ts'

const of = cluster({ tls: { mode: 'mutual' } })
const at = layoutOf(of)
const folder = mkdtempSync(join(tmpdir(), 'trust-check-'))
let store: PkiStore
let older: PkiStore
let foreign: PkiStore

beforeAll(async () => {
  store = await createPki(join(folder, 'pki'), of.name, of.tls, notBefore)
  foreign = await createPki(join(folder, 'foreign'), of.name, of.tls, notBefore)
  execFileSync('cp', ['-a', join(folder, 'pki'), join(folder, 'older')])
  await store.issue([{ ...leafRequest(), name: 'node1' }])
  const opened = await openPki(join(folder, 'older'), of.name)
  if (opened === undefined) throw new Error('the copy is not there')
  older = opened
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A host on which `up` installed what this store holds. */
function installed(from: PkiStore, parts: Parameters<typeof host>[2] = {}) {
  const rights = { mode: 0o640, owner: 'root', group: 'etcd' }
  const leaf = from.leaf('node1', 'server')?.certificate.pem
  const texts = [
    textFile(at.peerCa, bundleOf(from.trust().peer), rights),
    ...(leaf === undefined ? [] : [textFile(at.serverCert, leaf, rights)]),
  ]
  const files = new Map(texts.map((file) => [file.path, seenOnce(file)]))
  return { hosts: new Map([['node1', host(of, 'node1', { files, formed: undefined, ...parts })]]) }
}

test('a host with the certificates of this pki/ is ours', () => {
  expect(refuseOtherPki(of, installed(store), store)).toEqual([])
})

test('a plain host needs no pki/ yet', () => {
  const plain = { hosts: new Map([['node1', host(of, 'node1', { formed: undefined })]]) }
  expect(refuseOtherPki(of, plain, undefined)).toEqual([])
  expect(refuseOtherPki(of, plain, store)).toEqual([])
})

test('without pki/ the fingerprint that is wanted is told, and no CA may be made', () => {
  const [refusal] = refuseOtherPki(of, installed(store), undefined)
  expect(refusal).toMatchObject({ host: 'node1', exitCode: 3 })
  expect(refusal?.answered).toContain(store.ca().fingerprint)
})

test('the memory of a formed cluster is enough: without pki/ no CA may be made', () => {
  const remembers = { hosts: new Map([['node1', host(of, 'node1')]]) }
  expect(refuseOtherPki(of, remembers, undefined)).toMatchObject([{ exitCode: 3 }])
})

test("another cluster's pki/ of the same name is found out by its CA", () => {
  const [refusal] = refuseOtherPki(of, installed(store), foreign)
  expect(refusal?.message).toMatch(/trusts another CA/)
  expect(refusal?.answered).toContain(store.ca().fingerprint)
})

test('an older copy of pki/ is found out by a certificate that it never issued', () => {
  expect(older.ca().fingerprint).toBe(store.ca().fingerprint)
  const [refusal] = refuseOtherPki(of, installed(store), older)
  expect(refusal?.message).toMatch(/is an older copy/)
  expect(refusal?.answered).toContain(store.leaf('node1', 'server')?.serial)
})

test("another CA's certificate on a host that trusts ours was put there by hand, and tells nothing of pki/", async () => {
  const [stray] = await foreign.issue([{ ...leafRequest(), name: 'node1' }])
  const { files } = host(of, 'node1', installed(store).hosts.get('node1'))
  const leaf = textFile(at.serverCert, stray?.certificate.pem ?? '', { mode: 0o640, owner: 'root', group: 'etcd' })
  const seen = installed(store, { files: new Map([...files, [leaf.path, seenOnce(leaf)]]) })
  expect(refuseOtherPki(of, seen, store)).toEqual([])
})

test('an older copy of pki/ is found out by a CA that it never made', async () => {
  const before = await copyOf(store, 'before-rotation')
  const rotating = await copyOf(store, 'rotating')
  await rotating.beginCa({ from: 'new', key: 'ecdsa-p256', subject: {}, years: 10, notBefore })
  const [refusal] = refuseOtherPki(of, installed(rotating), before)
  expect(refusal).toMatchObject({ host: 'node1', exitCode: 3 })
  expect(refusal?.message).toMatch(/is an older copy: this host trusts a CA that it does not know/)
  expect(refusal?.answered).toContain(rotating.ca(rotating.next).fingerprint)
  expect(refuseOtherPki(of, installed(before), rotating)).toEqual([])
})

test('a copy of pki/ from amid a rotation is found out by hosts that trust the new CA alone', async () => {
  const done = await copyOf(store, 'done')
  const next = await done.beginCa({ from: 'new', key: 'ecdsa-p256', subject: {}, years: 10, notBefore })
  await done.issueFrom(next)
  const amid = await copyOf(done, 'amid')
  await done.issue([{ ...leafRequest(), name: 'node1' }])
  const pausedThere = await copyOf(done, 'paused')
  await done.trustOnly([next])
  expect(refuseOtherPki(of, installed(done), pausedThere)[0]?.message).toMatch(/is an older copy: it is amid a CA rot/)
  expect(refuseOtherPki(of, installed(done), amid)[0]?.message).toMatch(/is an older copy/)
  // The last stage, begun and broken off: hosts still trust both.
  expect(refuseOtherPki(of, installed(pausedThere), done)).toEqual([])
  expect(refuseOtherPki(of, installed(done), done)).toEqual([])
})

test('a host that still trusts a former CA of ours alone is no stranger', async () => {
  const done = await copyOf(store, 'done-without-it')
  const next = await done.beginCa({ from: 'new', key: 'ecdsa-p256', subject: {}, years: 10, notBefore })
  await done.issueFrom(next)
  await done.trustOnly([next])
  expect(refuseOtherPki(of, installed(store), done)).toEqual([])
})

async function copyOf(from: PkiStore, name: string): Promise<PkiStore> {
  execFileSync('cp', ['-a', dirname(from.folder), join(folder, name)])
  const opened = await openPki(join(folder, name), of.name)
  if (opened === undefined) throw new Error('the copy is not there')
  return opened
}
