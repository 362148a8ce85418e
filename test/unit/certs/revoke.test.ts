import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openPki } from '../../../src/pki/open.ts'
import { readCrl } from '../../../src/pki/read-crl.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { leafRequest, notBefore, sampleCa } from '../pki/samples.ts'
import { madePki, site } from './run.ts'
import type { Site } from './run.ts'

let at: Site
let store: PkiStore
beforeEach(async () => {
  at = site()
  store = await madePki(at)
})

const issue = async (name: string, kind: 'server' | 'peer' | 'client' = 'client'): Promise<string> =>
  (await store.issue([{ ...leafRequest({ kind, cn: name }), name }]))[0]?.serial ?? ''
const listed = async (): Promise<[string, string][]> => {
  const opened = await openPki(join(at.folder, 'pki'), 'prod')
  return readCrl(opened?.crl() ?? Buffer.alloc(0)).revoked.map(({ serial, reason }) => [serial, reason])
}

describe('certs revoke', () => {
  test('by name: every certificate of that client, and no other', async () => {
    const [first, second] = [await issue('app'), await issue('app')]
    await issue('other')
    const told = await at.certs('revoke', 'app', '--reason', 'keyCompromise')
    expect(told).toMatchObject({ code: 0, stdout: '' })
    expect(await listed()).toEqual([
      [first, 'keyCompromise'],
      [second, 'keyCompromise'],
    ])
  })

  test('by serial, however it is spelt: that one', async () => {
    const [first] = [await issue('app'), await issue('app')]
    const spelt = (first.match(/../g) ?? []).join(':').toLowerCase()
    expect((await at.certs('revoke', spelt)).code).toBe(0)
    expect(await listed()).toEqual([[first, 'unspecified']])
  })

  test('a second time it is said, and nothing is written', async () => {
    await issue('app')
    await at.certs('revoke', 'app')
    const before = await listed()
    expect(await at.certs('revoke', 'app')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('revoked before'),
    })
    expect(await listed()).toEqual(before)
  })

  test("a member's own: says what that does not do, and asks", async () => {
    const serials = [await issue('node1', 'server'), await issue('node1', 'peer')]
    const told = await at.certs('revoke', 'node1')
    expect(told.code).toBe(3)
    expect(told.stderr).toContain('does not evict a peer: etcd-deploy member remove node1')
    expect(await listed()).toEqual([])
    expect((await at.certs('revoke', 'node1', '--yes')).code).toBe(0)
    expect((await listed()).map(([serial]) => serial)).toEqual(serials)
  })

  test('of a member that has left: nobody is asked, as nobody dials it', async () => {
    const serial = await issue('node9', 'peer')
    expect(await at.certs('revoke', 'node9')).toMatchObject({ code: 0 })
    expect((await listed()).map(([each]) => each)).toEqual([serial])
  })

  test('a client that is named as a member is: the client', async () => {
    await issue('node1', 'server')
    const client = await issue('node1')
    expect((await at.certs('revoke', 'node1')).code).toBe(0)
    expect((await listed()).map(([serial]) => serial)).toEqual([client])
  })

  test('of members that share one: by the name of any of them', async () => {
    at = site({ certificates: 'shared' })
    store = await madePki(at)
    const serial = await issue('@members', 'peer')
    expect(await at.certs('revoke', 'node2')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('all members'),
    })
    expect((await at.certs('revoke', 'node2', '--yes')).code).toBe(0)
    expect((await listed()).map(([each]) => each)).toEqual([serial])
  })

  test('of a member that has none yet: said so', async () => {
    expect((await at.certs('revoke', 'node3')).code).toBe(2)
  })

  test('the certificate in use by the hosts’ own etcdctl is kept, one before it not', async () => {
    const [old, current] = [await issue('admin'), await issue('admin')]
    for (const what of ['admin', current]) {
      expect(await at.certs('revoke', what)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('rotate-certs --only client'),
      })
    }
    expect((await at.certs('revoke', old)).code).toBe(0)
    expect((await listed()).map(([serial]) => serial)).toEqual([old])
  })

  test('what was never issued here is refused, with the nearest name', async () => {
    await issue('backup')
    expect(await at.certs('revoke', 'bakcup')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('backup?'),
    })
    expect((await at.certs('revoke', 'ABCD')).code).toBe(2)
    expect((await at.certs('revoke', 'backup', '--reason', 'whim')).code).toBe(2)
  })

  test('a serial that others issued from a CA which was imported', async () => {
    await store.importCa(await sampleCa(1, { cluster: 'elsewhere', notBefore }))
    expect((await at.certs('revoke', '00:ab:cd')).code).toBe(0)
    expect((await listed()).map(([serial]) => serial)).toEqual(['ABCD'])
  })
})
