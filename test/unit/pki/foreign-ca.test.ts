import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitCode } from '../../../src/errors.ts'
import { readCertificates, signedBy } from '../../../src/pki/certificate.ts'
import { foreignCa } from '../../../src/pki/foreign-ca.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import { caExtensions, ecKey, opensslCa } from './foreign-material.ts'
import { openssl } from './openssl.ts'
import { leafRequest } from './samples.ts'

type Files = Pick<ReturnType<typeof opensslCa>, 'cert' | 'key'>

const judged = ({ cert, key }: Files, now = new Date()) =>
  foreignCa(readCertificates(readFileSync(cert, 'utf8')), createPrivateKey(readFileSync(key)), now)

describe('a CA is taken in, and openssl verifies what it issues', () => {
  const p384 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']
  test.each<[string, string[]]>([
    ['RSA', caExtensions],
    ['ECDSA', [...ecKey, ...caExtensions]],
    ['ECDSA P-384', [...p384, ...caExtensions]],
    ['signed with SHA-1, as old roots are', ['-sha1', ...caExtensions]],
    [
      'as kubeadm makes it: without cRLSign',
      caExtensions.with(3, 'keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign'),
    ],
    ['for servers and clients alone', [...caExtensions, '-addext', 'extendedKeyUsage=serverAuth,clientAuth']],
  ])('%s', async (_, options) => {
    const files = opensslCa(...options)
    const ca = judged(files)
    expect(ca.certificate.subject).toBe('CN=foreign CA')
    const leaf = await makeLeaf(ca, leafRequest())
    expect(signedBy(leaf.certificate, ca.certificate)).toBe(true)
    const path = join(files.folder, 'leaf.crt')
    writeFileSync(path, leaf.certificate.pem)
    for (const purpose of ['sslserver', 'sslclient']) {
      expect(openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', files.cert, path)).toContain('OK')
    }
  })

  test('of a bundle the one that the key belongs to', () => {
    const [ours, other] = [opensslCa(...caExtensions), opensslCa(...caExtensions, '-subj', '/CN=other')]
    writeFileSync(ours.cert, readFileSync(other.cert, 'utf8') + readFileSync(ours.cert, 'utf8'))
    expect(judged(ours).certificate.subject).toBe('CN=foreign CA')
  })
})

describe('refused, with the reason', () => {
  const refusal = (work: () => unknown): { message: string; next: string[] } => {
    try {
      work()
    } catch (error) {
      expect(error).toMatchObject({ exitCode: exitCode.usage })
      return error as { message: string; next: string[] }
    }
    throw new Error('it was taken in')
  }

  test.each<[string, string[], RegExp]>([
    ['no CA', ['-addext', 'basicConstraints=critical,CA:FALSE'], /is no CA/],
    ['a CA that may not sign certificates', caExtensions.with(3, 'keyUsage=digitalSignature'), /is no CA/],
    ['a weak key', ['-newkey', 'rsa:1024', ...caExtensions], /has a weak key: rsa-1024/],
    [
      'a curve that Go does not have',
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1', ...caExtensions],
      /cannot sign here/,
    ],
    [
      'for servers alone: clients of it would be refused',
      [...caExtensions, '-addext', 'extendedKeyUsage=serverAuth'],
      /extended key usage lacks clientAuth/,
    ],
  ])('%s', (_, options, message) => {
    expect(refusal(() => judged(opensslCa(...options))).message).toMatch(message)
  })

  test('an expired one, and what to do', () => {
    const files = opensslCa('-days', '1', ...caExtensions)
    const later = new Date(Date.now() + 2 * 86_400_000)
    const { message, next } = refusal(() => judged(files, later))
    expect(message).toMatch(/"CN=foreign CA" expired on 20/)
    expect(next.join()).toContain('rotate-certs --ca')
  })

  test('one from the future', () => {
    const files = opensslCa(...caExtensions)
    expect(refusal(() => judged(files, new Date(0))).message).toMatch(/not valid before/)
  })

  test('a key that does not match', () => {
    const [one, other] = [opensslCa(...caExtensions), opensslCa(...caExtensions)]
    expect(refusal(() => judged({ cert: one.cert, key: other.key })).message).toMatch(/key does not belong/)
  })

  test('an intermediate CA', () => {
    const root = opensslCa(...caExtensions)
    const made = opensslCa(...caExtensions, '-subj', '/CN=between', '-CA', root.cert, '-CAkey', root.key)
    expect(refusal(() => judged(made)).message).toMatch(/"CN=between" is an intermediate CA, signed by "CN=foreign CA"/)
  })
})
