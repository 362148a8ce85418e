import { describe, expect, test } from 'vitest'
import { readCertificate, signedBy } from '../../../src/pki/certificate.ts'
import type { KeyAlgorithm } from '../../../src/pki/keys.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import { openssl, temporaryFile } from './openssl.ts'
import { leafRequest, notBefore, sampleCa } from './samples.ts'

describe('makeCa', () => {
  test('a CA signs leaves and CRLs, and nothing below it may be a CA', async () => {
    const ca = await sampleCa()
    const text = openssl('x509', '-in', temporaryFile(ca.certificate.pem), '-noout', '-text')
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
    expect(text).toContain('Subject Key Identifier')
    expect(ca.certificate.isCa).toBe(true)
  })

  test('each generation has a subject, a key and a serial of its own', async () => {
    const [first, second] = await Promise.all([sampleCa(1), sampleCa(2)])
    expect(first.certificate.subject).toBe('CN=etcd CA prod 1')
    expect(second.certificate.subject).toBe('CN=etcd CA prod 2')
    expect(first.certificate.keyId).not.toBe(second.certificate.keyId)
    expect(first.certificate.serial).not.toBe(second.certificate.serial)
    expect(first.certificate.serial).toMatch(/^[4-7][0-9A-F]{31}$/)
  })

  test('50 years reach past 2049, where certificates change their form of dates', async () => {
    const { certificate } = await sampleCa(1, { notBefore: new Date('2026-11-21T10:00:00.900Z'), years: 50 })
    expect(certificate.notBefore).toEqual(new Date('2026-11-21T10:00:00Z'))
    expect(certificate.notAfter).toEqual(new Date('2076-11-21T10:00:00Z'))
    expect(openssl('x509', '-in', temporaryFile(certificate.pem), '-noout', '-enddate')).toBe(
      'notAfter=Nov 21 10:00:00 2076 GMT\n',
    )
  })

  test('a subject is taken to the letter, also where it looks like syntax', async () => {
    const subject = { organization: 'Zoë, "x"=\\y', organizationalUnit: '#616263', country: 'DE' }
    const { certificate } = await sampleCa(1, { subject })
    expect(certificate.name).toEqual({ ...subject, cn: 'etcd CA prod 1' })
  })

  test.each<KeyAlgorithm>(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-3072'])(
    '%s: openssl verifies its leaves',
    async (key) => {
      const ca = await sampleCa(1, { key })
      const leaf = await makeLeaf(ca, leafRequest({ key }))
      expect(readCertificate(ca.certificate.pem).key).toBe(key)
      expect(leaf.certificate.key).toBe(key)
      expect(signedBy(leaf.certificate, ca.certificate)).toBe(true)
      const [caFile, leafFile] = [temporaryFile(ca.certificate.pem), temporaryFile(leaf.certificate.pem)]
      for (const purpose of ['sslserver', 'sslclient']) {
        expect(openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', caFile, leafFile)).toBe(
          `${leafFile}: OK\n`,
        )
      }
    },
  )

  test('the date it begins is the one it was given', async () => {
    expect((await sampleCa()).certificate.notBefore).toEqual(notBefore)
  })
})
