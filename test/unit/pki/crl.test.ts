import { describe, expect, test } from 'vitest'
import { makeCrl } from '../../../src/pki/crl.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import { openssl, temporaryFile } from './openssl.ts'
import { leafRequest, notBefore, sampleCa } from './samples.ts'

const nextUpdate = new Date('2051-02-03T04:05:06Z')

describe('makeCrl', () => {
  test('an empty one is DER, signed, numbered', async () => {
    const ca = await sampleCa()
    const text = await readWithOpenssl(
      ca.certificate.pem,
      await makeCrl(ca, { revoked: [], thisUpdate: notBefore, nextUpdate, number: 200 }),
    )
    expect(text).toContain('No Revoked Certificates')
    expect(text).toMatch(/X509v3 CRL Number:\s+200\n/)
    expect(text).toContain('Next Update: Feb  3 04:05:06 2051 GMT')
    expect(text).toContain('Issuer: CN = etcd CA prod 1')
  })

  test('one file holds serials of several CAs, each with its reason', async () => {
    const [old, next] = await Promise.all([sampleCa(1), sampleCa(2)])
    const leaves = await Promise.all([makeLeaf(old, leafRequest()), makeLeaf(next, leafRequest())])
    const serials = [...leaves.map((leaf) => leaf.certificate.serial), 'FF00']
    const revoked = serials.map((serial) => ({ serial, revokedAt: notBefore, reason: 'keyCompromise' as const }))
    const text = await readWithOpenssl(
      next.certificate.pem,
      await makeCrl(next, { revoked, thisUpdate: notBefore, nextUpdate, number: 2 }),
    )
    for (const serial of serials) expect(text).toContain(`Serial Number: ${serial}\n`)
    expect(text.match(/Key Compromise/g)).toHaveLength(3)
  })

  test('openssl refuses the revoked leaf and no other', async () => {
    const ca = await sampleCa()
    const [bad, good] = await Promise.all([makeLeaf(ca, leafRequest()), makeLeaf(ca, leafRequest())])
    const revoked = [{ serial: bad.certificate.serial, revokedAt: notBefore, reason: 'superseded' as const }]
    const der = await makeCrl(ca, { revoked, thisUpdate: notBefore, nextUpdate, number: 2 })
    const pem = temporaryFile(openssl('crl', '-inform', 'der', '-in', temporaryFile(der)))
    const verify = (certificate: string) =>
      openssl(
        'verify',
        '-crl_check',
        '-CRLfile',
        pem,
        '-CAfile',
        temporaryFile(ca.certificate.pem),
        temporaryFile(certificate),
      )
    expect(verify(good.certificate.pem)).toContain(': OK')
    expect(() => verify(bad.certificate.pem)).toThrow('certificate revoked')
  })
})

async function readWithOpenssl(caPem: string, der: Uint8Array): Promise<string> {
  return openssl('crl', '-inform', 'der', '-in', temporaryFile(der), '-noout', '-text', '-CAfile', temporaryFile(caPem))
}
