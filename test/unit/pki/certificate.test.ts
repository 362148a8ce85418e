import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DeployError } from '../../../src/errors.ts'
import {
  bundleOf,
  canonicalSerial,
  matchesKey,
  readCertificate,
  readCertificates,
  signedBy,
} from '../../../src/pki/certificate.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import { Secret } from '../../../src/secret.ts'
import { openssl, temporaryFile, temporaryFolder } from './openssl.ts'
import { leafRequest, sampleCa } from './samples.ts'

describe('readCertificate', () => {
  const foreign = foreignCertificate()

  test('reads what openssl made', () => {
    expect(readCertificate(foreign.pem)).toMatchObject({
      subject: 'C=DE, O=Example, CN=node1',
      issuer: 'C=DE, O=Example, CN=node1',
      name: { cn: 'node1', organization: 'Example', country: 'DE' },
      serial: '8000000000000001',
      dnsNames: ['node1', 'etcd.example.com'],
      ipAddresses: ['10.0.0.1', 'fd00::1'],
      key: 'rsa-2048',
      isCa: false,
      usages: ['serverAuth', '1.2.3.4'],
      fingerprint: foreign.fingerprint,
    })
  })

  test.each(['secp256k1', 'brainpoolP256r1', 'prime256v1'])('on the curve %s', (curve) => {
    const pem = openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      `ec_paramgen_curve:${curve}`,
      '-noenc',
      '-keyout',
      '/dev/null',
      '-subj',
      '/O=One/O=Two/CN=Jürgen',
      '-utf8',
    )
    const name = { organization: 'One, Two', cn: 'Jürgen' }
    expect(readCertificate(pem)).toMatchObject({ name, key: `ecdsa-${curve.replace('prime256v1', 'p256')}` })
  })

  test.each(['utf8only', 'default', 'pkix', 'nombstr'])(
    'with names as openssl writes them under string_mask %s',
    (mask) => {
      const config = temporaryFile(
        `[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=${mask}\n[dn]\nO=Käse\nCN=node 1\n`,
      )
      const pem = openssl(
        'req',
        '-x509',
        '-config',
        config,
        '-utf8',
        '-newkey',
        'rsa:2048',
        '-noenc',
        '-keyout',
        '/dev/null',
      )
      expect(readCertificate(pem).name).toEqual({ organization: 'Käse', cn: 'node 1' })
    },
  )

  test('DER, PEM and PEM behind text are one certificate', () => {
    const certificate = readCertificate(foreign.pem)
    expect(readCertificate(foreign.der)).toEqual(certificate)
    expect(readCertificate(foreign.text)).toEqual(certificate)
    expect(readCertificate(Buffer.from(foreign.pem))).toEqual(certificate)
  })

  test('older PEM keys (PKCS#1, SEC 1) are matched too', () => {
    expect(foreign.key.reveal()).toContain('BEGIN RSA PRIVATE KEY')
    expect(matchesKey(readCertificate(foreign.pem), foreign.key)).toBe(true)
  })

  test.each(['', 'hello', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])('refuses %j', (text) => {
    expect(() => readCertificate(text)).toThrow(DeployError)
  })

  test('a key that is none is refused without a word of it', () => {
    const secret = '-----BEGIN PRIVATE KEY-----\nTheSecret\n-----END PRIVATE KEY-----\n'
    expect(() => matchesKey(readCertificate(foreign.pem), new Secret(secret))).toThrow(/^not a private key/)
  })
})

test('a bundle is read in its order', async () => {
  const cas = await Promise.all([sampleCa(1), sampleCa(2)])
  const certificates = cas.map((ca) => ca.certificate)
  expect(readCertificates(`# trust both\n${bundleOf(certificates)}`)).toEqual(certificates)
})

test('signedBy looks at the signature, not only at the name', async () => {
  const [ca, impostor] = await Promise.all([sampleCa(1), sampleCa(1)])
  const { certificate } = await makeLeaf(ca, leafRequest())
  expect(impostor.certificate.subject).toBe(ca.certificate.subject)
  expect(signedBy(certificate, ca.certificate)).toBe(true)
  expect(signedBy(certificate, impostor.certificate)).toBe(false)
})

test('a serial has one way to be written', () => {
  expect(canonicalSerial('00ab01')).toBe('AB01')
  expect(canonicalSerial('0')).toBe('0')
})

function foreignCertificate() {
  const folder = temporaryFolder()
  const file = (name: string) => join(folder, name)
  const made = ['-subj', '/C=DE/O=Example/CN=node1', '-keyout', file('pkcs8.key'), '-out', file('pem')]
  const extensions = [
    'subjectAltName=DNS:node1,DNS:etcd.example.com,IP:10.0.0.1,IP:fd00::1',
    'extendedKeyUsage=serverAuth,1.2.3.4',
    'basicConstraints=critical,CA:FALSE',
  ].flatMap((extension) => ['-addext', extension])
  // A serial with its highest bit set: written with a leading zero byte, read without.
  const serial = ['-set_serial', '0x8000000000000001']
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', ...serial, ...made, ...extensions)
  openssl('x509', '-in', file('pem'), '-outform', 'der', '-out', file('der'))
  openssl('rsa', '-in', file('pkcs8.key'), '-traditional', '-out', file('key'))
  return {
    pem: readFileSync(file('pem'), 'utf8'),
    der: readFileSync(file('der')),
    text: openssl('x509', '-in', file('pem'), '-text'),
    key: new Secret(readFileSync(file('key'), 'utf8')),
    fingerprint: openssl('x509', '-in', file('pem'), '-noout', '-fingerprint', '-sha256').trim().split('=')[1],
  }
}
