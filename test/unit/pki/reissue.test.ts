import { beforeAll, describe, expect, test } from 'vitest'
import type { KeyPair } from '../../../src/pki/ca.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import type { LeafRequest } from '../../../src/pki/leaf.ts'
import { daysLeft, reissueReasons } from '../../../src/pki/reissue.ts'
import { sansOf } from '../../../src/pki/sans.ts'
import { leafRequest, notBefore, sampleCa } from './samples.ts'

describe('reissueReasons', () => {
  let ca: KeyPair
  let other: KeyPair
  let leaf: KeyPair
  beforeAll(async () => {
    ;[ca, other] = await Promise.all([sampleCa(1), sampleCa(2)])
    leaf = await makeLeaf(ca, leafRequest())
  })

  const reasons = (wanted: Partial<LeafRequest>) => reissueReasons(leaf, { ...leafRequest(wanted), ca: ca.certificate })

  test('a leaf that is as wanted stays, in whatever order the names come', () => {
    expect(reasons({})).toEqual([])
    expect(reasons(sansOf(['::1', '127.0.0.1', 'localhost', 'node1']))).toEqual([])
  })

  test.each<[string, Partial<LeafRequest>, string[]]>([
    ['a common name', { cn: 'node2' }, ['its common name is "node1", wanted "node2"']],
    ['an organization', { subject: { organization: 'Other' } }, ['its organization is "Example", wanted "Other"']],
    ['no organization', { subject: {} }, ['its organization is "Example", wanted not set']],
    ['another key', { key: 'rsa-2048' }, ['its key is ecdsa-p256, wanted rsa-2048']],
    ['one more name', sansOf(['node1', 'localhost', '127.0.0.1', '::1', 'a.b']), ['it does not name a.b']],
    ['one name less', sansOf(['node1', 'localhost', '127.0.0.1']), ['it names ::1']],
    [
      'another address',
      sansOf(['node1', 'localhost', '127.0.0.2', '::1']),
      ['it does not name 127.0.0.2', 'it names 127.0.0.1'],
    ],
  ])('%s', (_, wanted, expected) => {
    expect(reasons(wanted)).toEqual(expected)
  })

  test('an address that it may name is none, a missing one is', () => {
    const names = { ...leafRequest(sansOf(['node1', 'localhost', '::1'])), ca: ca.certificate }
    expect(reissueReasons(leaf, { ...names, mayName: new Set(['127.0.0.1', '10.0.0.9']) })).toEqual([])
    expect(reissueReasons(leaf, { ...names, mayName: new Set(['10.0.0.9']) })).toEqual(['it names 127.0.0.1'])
    const more = { ...leafRequest(sansOf(['node1', 'localhost', '::1', '10.0.0.9'])), ca: ca.certificate }
    expect(reissueReasons(leaf, { ...more, mayName: new Set(['127.0.0.1']) })).toEqual(['it does not name 10.0.0.9'])
  })

  test('another CA', () => {
    expect(reissueReasons(leaf, { ...leafRequest(), ca: other.certificate })).toEqual([
      'it is signed by "CN=etcd CA prod 1", not by "CN=etcd CA prod 2"',
    ])
  })

  test('a key of another certificate', () => {
    const mixed = { certificate: leaf.certificate, key: ca.key }
    expect(reissueReasons(mixed, { ...leafRequest(), ca: ca.certificate })).toEqual([
      'the private key belongs to another certificate',
    ])
  })

  test('a client leaf cannot serve', async () => {
    const client = await makeLeaf(ca, leafRequest({ kind: 'client' }))
    expect(reissueReasons(client, { ...leafRequest(), ca: ca.certificate })).toEqual([
      'it lacks the extended key usage serverAuth',
    ])
  })
})

test('daysLeft counts whole days, below zero once expired', async () => {
  const { certificate } = await makeLeaf(await sampleCa(), leafRequest({ days: 30 }))
  const after = (days: number) => new Date(notBefore.getTime() + days * 86_400_000)
  expect(daysLeft(certificate, after(0))).toBe(30)
  expect(daysLeft(certificate, after(29.5))).toBe(0)
  expect(daysLeft(certificate, after(30.5))).toBe(-1)
})
