import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { exitCode } from '../../../src/errors.ts'
import { signedBy } from '../../../src/pki/certificate.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { temporaryFolder } from './openssl.ts'
import { leafRequest, notBefore, sampleCa } from './samples.ts'

const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays: 365 } as const
const newCa = { from: 'new', key: 'ecdsa-p256', subject: {}, notBefore, years: 10 } as const

let dir: string
let store: PkiStore
beforeEach(async () => {
  dir = join(temporaryFolder(), 'pki')
  store = await createPki(dir, 'prod', tls, notBefore)
  await store.issue([{ ...leafRequest(), name: 'node1' }])
})

const reopen = async (): Promise<PkiStore> => {
  const opened = await openPki(dir, 'prod')
  if (!opened) throw new Error('there is no store')
  return opened
}
const target = ({ generation, trusted, next }: PkiStore) => ({ generation, trusted, next })
const stages = {
  before: { generation: 1, trusted: [1], next: undefined },
  both: { generation: 1, trusted: [1, 2], next: 2 },
  newLeaves: { generation: 2, trusted: [1, 2], next: 2 },
  after: { generation: 2, trusted: [2], next: undefined },
}

describe('a rotation of the CA', () => {
  test('goes on in its stages, each on disk before the next', async () => {
    expect(target(await reopen())).toEqual(stages.before)
    expect(await store.beginCa(newCa)).toBe(2)
    expect(target(await reopen())).toEqual(stages.both)
    await (await reopen()).issueFrom(2)
    expect(target(await reopen())).toEqual(stages.newLeaves)
    await (await reopen()).trustOnly([2])
    expect(target(await reopen())).toEqual(stages.after)
  })

  test('each step taken again changes nothing', async () => {
    await store.beginCa(newCa)
    expect(await store.beginCa(newCa)).toBe(2)
    await store.issueFrom(2)
    const { revision } = store
    expect(await store.beginCa(newCa)).toBe(2)
    await store.issueFrom(2)
    await store.trustOnly([1, 2])
    expect(store.revision).toBe(revision)
    await store.trustOnly([2])
    await store.trustOnly([2])
    expect(store.revision).toBe(revision + 1)
  })

  test('has another subject than any CA before, also after one that was given up', async () => {
    await store.beginCa(newCa)
    await store.trustOnly([1])
    expect(target(store)).toEqual(stages.before)
    expect(await store.beginCa(newCa)).toBe(3)
    const subjects = ['CN=etcd CA prod 1', 'CN=etcd CA prod 2', 'CN=etcd CA prod 3']
    expect(store.authorities.map(({ certificate }) => certificate.subject)).toEqual(subjects)
    expect(store.trust().client.map(({ subject }) => subject)).toEqual(['CN=etcd CA prod 1', 'CN=etcd CA prod 3'])
  })

  test('leaves of both CAs are at hand, each verified by its own', async () => {
    await store.beginCa(newCa)
    const old = store.leaf('node1', 'server')
    expect(store.leaf('node1', 'server', 2)).toBeUndefined()
    await store.issue([{ ...leafRequest(), name: 'node1' }], 2)
    await store.issueFrom(2)
    const again = await reopen()
    for (const generation of [1, 2]) {
      const leaf = again.leaf('node1', 'server', generation)
      expect(leaf && signedBy(leaf.certificate, again.ca(generation))).toBe(true)
    }
    expect(again.leaf('node1', 'server', 1)?.serial).toBe(old?.serial)
    expect(again.leaf('node1', 'server')?.ca).toBe(2)
  })

  test('given up after the new leaves: the old ones come back from the disk', async () => {
    const serial = store.leaf('node1', 'server')?.serial
    await store.beginCa(newCa)
    await store.issueFrom(2)
    await store.trustOnly([2])
    expect(store.leaf('node1', 'server', 1)).toBeUndefined()
    await store.trustOnly([1, 2])
    await store.issueFrom(1)
    expect(store.leaf('node1', 'server')?.serial).toBe(serial)
    expect((await reopen()).leaf('node1', 'server')?.serial).toBe(serial)
  })

  test('every generation and leaf stays on disk as it was', async () => {
    const before = contents(dir)
    await store.beginCa(newCa)
    await store.issueFrom(2)
    await store.issue([{ ...leafRequest(), name: 'node1' }])
    await store.trustOnly([2])
    const after = contents(dir)
    for (const [path, content] of before) expect([path, after.get(path)]).toEqual([path, content])
    const all = await Promise.all(store.issued.map((leaf) => store.load(leaf)))
    expect(all.map(({ ca }) => ca)).toEqual([1, 2])
    expect(all.map(({ certificate }) => certificate.issuer)).toEqual(['CN=etcd CA prod 1', 'CN=etcd CA prod 2'])
  })

  test.each<[string, (from: PkiStore) => Promise<unknown>, RegExp]>([
    ['leaves of a CA that nobody trusts yet', (from) => from.issueFrom(2), /generation 2 cannot issue/],
    ['a leaf of it', (from) => from.issue([{ ...leafRequest(), name: 'node1' }], 2), /generation 2 cannot issue/],
    ['to trust the CA no more that issues', (from) => from.trustOnly([]), /generation 1 issues/],
    ['to trust one that there is not', (from) => from.trustOnly([1, 7]), /no CA of generation 7/],
    ['to go to an imported CA without one', (from) => from.beginCa({ from: 'imported' }), /no imported CA/],
  ])('refused: %s', async (_, change, message) => {
    const { revision } = store
    await expect(change(store)).rejects.toThrow(message)
    expect((await reopen()).revision).toBe(revision)
  })
})

describe('an imported CA', () => {
  const foreign = () => sampleCa(1, { cluster: 'elsewhere' })

  test('lies aside until a rotation leads to it', async () => {
    const ca = await foreign()
    expect(await store.importCa(ca)).toBe(2)
    expect(target(store)).toEqual(stages.before)
    const again = await reopen()
    expect(again.importedTarget).toBe(2)
    expect(await again.beginCa({ from: 'imported' })).toBe(2)
    expect(target(await reopen())).toEqual(stages.both)
    await again.issueFrom(2)
    const [leaf] = await again.issue([{ ...leafRequest(), name: 'node1' }])
    expect(leaf && signedBy(leaf.certificate, ca.certificate)).toBe(true)
    await again.trustOnly([2])
    expect(again.importedTarget).toBeUndefined()
    // And away from it, to one of ours: it is former then, and no target.
    expect(await again.beginCa(newCa)).toBe(3)
    expect(again.ca(3).subject).toBe('CN=etcd CA prod 3')
    await again.issueFrom(3)
    await again.trustOnly([3])
    expect((await reopen()).importedTarget).toBeUndefined()
    await expect(again.beginCa({ from: 'imported' })).rejects.toThrow(/no imported CA/)
    // Unless it is imported anew.
    expect(await again.importCa(ca)).toBe(2)
    expect((await reopen()).importedTarget).toBe(2)
  })

  test('stays the target of a rotation that was given up, and while another one leads elsewhere', async () => {
    await store.importCa(await foreign())
    await store.beginCa({ from: 'imported' })
    await store.issueFrom(2)
    await store.issueFrom(1)
    await store.trustOnly([1])
    expect((await reopen()).importedTarget).toBe(2)
    await store.beginCa(newCa)
    await store.issueFrom(3)
    await store.trustOnly([3])
    expect((await reopen()).importedTarget).toBe(2)
    expect(await store.beginCa({ from: 'imported' })).toBe(2)
    expect(store.trusted).toEqual([3, 2])
  })

  test('is not taken twice', async () => {
    const ca = await foreign()
    await store.importCa(ca)
    const { revision } = store
    expect(await store.importCa(ca)).toBe(2)
    expect(store.revision).toBe(revision)
  })

  test('of the name of another is refused, as verifiers could not tell them apart', async () => {
    await expect(store.importCa(await sampleCa())).rejects.toMatchObject({ exitCode: exitCode.usage })
  })

  test('with the name that our next one would have: ours gets another', async () => {
    await store.importCa(await sampleCa(3))
    expect(await store.beginCa(newCa)).toBe(4)
  })

  test('is no way out of a rotation to a new one', async () => {
    await store.importCa(await foreign())
    await store.beginCa(newCa)
    await expect(store.beginCa({ from: 'imported' })).rejects.toMatchObject({ exitCode: exitCode.refused })
  })
})

/** Path → content of every file below. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map(({ parentPath, name }) => join(parentPath, name))
  return new Map(paths.map((path) => [path, readFileSync(path, 'latin1')]))
}
