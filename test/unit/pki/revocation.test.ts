import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { bundleOf } from '../../../src/pki/certificate.ts'
import { createPki, createPkiFrom, openPki } from '../../../src/pki/open.ts'
import { readCrl } from '../../../src/pki/read-crl.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { openssl, temporaryFolder } from './openssl.ts'
import { leafRequest, notBefore, sampleCa } from './samples.ts'

const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays: 365 } as const
const newCa = { from: 'new', key: 'ecdsa-p256', subject: {}, notBefore, years: 10 } as const
const times = { thisUpdate: notBefore, nextUpdate: new Date(notBefore.getTime() + 90 * 86_400_000) }
const revocation = (serial: string) => ({
  serial,
  revokedAt: notBefore.toISOString(),
  reason: 'keyCompromise' as const,
})

let folder: string
let store: PkiStore
beforeEach(async () => {
  folder = temporaryFolder()
  store = await createPki(join(folder, 'pki'), 'prod', tls, notBefore)
})
const reopen = async (): Promise<PkiStore> => {
  const opened = await openPki(join(folder, 'pki'), 'prod')
  if (!opened) throw new Error('there is no store')
  return opened
}
const crlText = (of: PkiStore): string => {
  writeFileSync(join(folder, 'crl.der'), of.crl())
  writeFileSync(join(folder, 'ca.pem'), bundleOf(of.trust().client))
  return openssl(
    'crl',
    '-inform',
    'der',
    '-in',
    join(folder, 'crl.der'),
    '-noout',
    '-text',
    '-CAfile',
    join(folder, 'ca.pem'),
  )
}
const numberOf = (text: string): number => Number(/CRL Number:\s+(\d+)/.exec(text)?.[1])

describe('a revocation', () => {
  test('is in the next list, which openssl reads, with a higher number', async () => {
    const [leaf] = await store.issue([{ ...leafRequest({ kind: 'client' }), name: 'app' }])
    const serial = leaf?.serial ?? ''
    const before = numberOf(crlText(store))
    expect(store.isRevoked(serial)).toBe(false)
    expect(await store.revoke([revocation(serial)], times)).toBe(true)
    const again = await reopen()
    expect(again.isRevoked(serial)).toBe(true)
    expect(again.crl()).toEqual(store.crl())
    const text = crlText(again)
    expect(text).toContain(`Serial Number: ${serial}`)
    expect(numberOf(text)).toBeGreaterThan(before)
    expect(again.crlNextUpdate).toEqual(times.nextUpdate)
  })

  test('of what is revoked already writes nothing, however the serial is spelt', async () => {
    await store.revoke([revocation('A1')], times)
    const { revision } = store
    expect(await store.revoke([{ ...revocation('00a1'), reason: 'superseded' }], times)).toBe(false)
    expect(store.revision).toBe(revision)
    expect(store.revoked).toEqual([revocation('A1')])
  })

  test('outlives a rotation of the CA: one list holds those of every CA, signed by the one that issues', async () => {
    await store.revoke([revocation('A1')], times)
    await store.beginCa(newCa)
    await store.issueFrom(2)
    await store.trustOnly([2])
    await store.revoke([revocation('B2')], times)
    const text = crlText(store)
    expect(text).toContain('Issuer: CN = etcd CA prod 2')
    for (const serial of ['A1', 'B2']) expect(text).toMatch(new RegExp(`Serial Number: 0*${serial}\n`))
  })
})

test('a list is renewed with what it holds, and lasts longer', async () => {
  await store.revoke([revocation('A1')], times)
  const nextUpdate = new Date(times.nextUpdate.getTime() + 86_400_000)
  const before = numberOf(crlText(store))
  await store.renewCrl({ ...times, nextUpdate })
  const again = await reopen()
  expect(again.crlNextUpdate).toEqual(nextUpdate)
  expect(readCrl(again.crl()).revoked).toEqual([revocation('A1')])
  expect(numberOf(crlText(again))).toBeGreaterThan(before)
})

test('what a CA revoked before it was taken in stays revoked', async () => {
  const ca = await sampleCa(1, { cluster: 'elsewhere' })
  const dir = join(folder, 'other')
  await createPkiFrom(dir, 'prod', { ca, revoked: [revocation('A1')] }, times)
  const opened = await openPki(dir, 'prod')
  expect(opened?.ca().subject).toBe('CN=etcd CA elsewhere 1')
  expect(opened?.authorities[0]?.imported).toBe(true)
  expect(opened?.isRevoked('A1')).toBe(true)
  expect(opened && readCrl(opened.crl()).revoked).toEqual([revocation('A1')])
})
