import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { ClusterPki } from '../../../src/steps/cluster-pki.ts'
import { certificateFiles } from '../../../src/steps/leaf-requests.ts'
import type { Seen } from '../../../src/steps/seen.ts'
import { cluster, host } from '../status/samples.ts'

let of: Cluster
let store: PkiStore
let madeMs: { from: number; to: number }

/** The clock of node2 is ten minutes behind, that of node3 an hour ahead. */
function seenNow(): Seen {
  const clock = (behindMs: number) => {
    const now = Date.now()
    return { hostMs: now - behindMs, earliestMs: now, latestMs: now }
  }
  const behindMs = { node1: 0, node2: 600_000, node3: -3_600_000 }
  return { hosts: new Map(Object.entries(behindMs).map(([name, ms]) => [name, host(of, name, { clock: clock(ms) })])) }
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-deploy-pki-'))
  const inventory = cluster({ tls: { mode: 'mutual' } })
  of = { ...inventory, pki: { ...inventory.pki, dir: folder } }
  const pki = new ClusterPki({ cluster: of, emit: () => {} })
  const from = Date.now()
  store = await pki.write(undefined, seenNow(), { kind: 'bootstrap', token: 't' })
  madeMs = { from, to: Date.now() }
  return () => rm(folder, { recursive: true })
})

test('nobody meets a certificate from the future: all begin five minutes before the slowest clock', () => {
  const leaves = store.issued.map(({ name, kind }) => store.leaf(name, kind)?.certificate)
  expect(leaves).toHaveLength(7)
  for (const certificate of [store.ca(), ...leaves]) {
    const beforeMs = 600_000 + 300_000
    // Certificates know whole seconds.
    expect(certificate?.notBefore.getTime()).toBeGreaterThan(madeMs.from - beforeMs - 1000)
    expect(certificate?.notBefore.getTime()).toBeLessThanOrEqual(madeMs.to - beforeMs)
  }
})

describe('what a host is given', () => {
  const filesOf = (name: string) => {
    const node = of.nodes.find((each) => each.name === name)
    if (node === undefined) throw new Error(name)
    return certificateFiles(of, node, store, []).flatMap(({ files }) => files)
  }
  const textOf = (file: ReturnType<typeof filesOf>[number]): string =>
    file.content.kind === 'bytes' ? Buffer.from(file.content.bytes).toString('latin1') : ''

  test('revocation lists for clients and peers from the start, empty, DER', () => {
    const at = layoutOf(of)
    const lists = filesOf('node1').filter(({ path }) => [at.clientCrl, at.peerCrl].includes(path))
    expect(lists.map(({ path }) => path)).toEqual([at.clientCrl, at.peerCrl])
    expect(store.crl()[0]).toBe(0x30)
    for (const list of lists) expect(Buffer.from(textOf(list), 'latin1').equals(Buffer.from(store.crl()))).toBe(true)
    expect(store.revoked).toEqual([])
  })

  test('keys that only their user reads, and each host its own; nowhere the key of the CA', () => {
    const secretOf = (text: string): string => text.split('\n')[1] ?? ''
    const caKey = secretOf(readFileSync(join(store.folder, '1', 'ca.key'), 'utf8'))
    expect(caKey.length).toBeGreaterThan(30)
    const keys = new Map<string, string[]>()
    for (const { name } of of.nodes) {
      for (const file of filesOf(name)) {
        expect(textOf(file)).not.toContain(caKey)
        if (!textOf(file).includes('PRIVATE KEY')) continue
        expect(file.shows).toBe('secret')
        keys.set(textOf(file), [...(keys.get(textOf(file)) ?? []), `${name} ${file.path} ${file.mode.toString(8)}`])
      }
    }
    const at = layoutOf(of)
    const admin = of.nodes.map(({ name }) => `${name} ${at.adminKey} 640`)
    const own = of.nodes.flatMap(({ name }) => [[`${name} ${at.serverKey} 600`], [`${name} ${at.peerKey} 600`]])
    expect(new Set(keys.values())).toEqual(new Set([...own, admin]))
  })
})
