import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { exitCode } from '../../../src/errors.ts'
import { readKey } from '../../../src/pki/keys.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import { makePkcs12 } from '../../../src/pki/make-pkcs12.ts'
import { readPkcs12 } from '../../../src/pki/read-pkcs12.ts'
import { Secret } from '../../../src/secret.ts'
import { caExtensions, ecKey, opensslCa, passphrase } from './foreign-material.ts'
import { openssl, temporaryFolder } from './openssl.ts'
import { leafRequest, sampleCa } from './samples.ts'

const right = async () => new Secret(passphrase)
const kinds: [string, ReturnType<typeof opensslCa>][] = [
  ['RSA', opensslCa(...caExtensions)],
  ['ECDSA', opensslCa(...ecKey, ...caExtensions)],
]

describe.each(kinds)('a PKCS#12 file of openssl, %s', (_, { folder, cert, key }) => {
  const file = join(folder, 'ca.p12')
  const export12 = (...options: string[]): Buffer => {
    const pass = ['-passout', `file:${join(folder, 'pass')}`]
    openssl('pkcs12', '-export', '-in', cert, '-inkey', key, '-name', 'ca', '-out', file, ...pass, ...options)
    return readFileSync(file)
  }

  test.each([
    ['as of today', []],
    ['as of old: RC2 and 3DES', ['-legacy']],
    ['without encryption', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
  ])('%s', async (_, options) => {
    const { certificates, keys } = await readPkcs12(export12(...options), { file, passphrase: right })
    expect(certificates.map(({ pem }) => new X509Certificate(pem).raw)).toEqual([
      new X509Certificate(readFileSync(cert)).raw,
    ])
    expect(keys.map((each) => each.equals(createPrivateKey(readFileSync(key))))).toEqual([true])
  })

  test('and the wrong passphrase', async () => {
    const reading = readPkcs12(export12(), { file, passphrase: async () => new Secret('battery staple') })
    await expect(reading).rejects.toMatchObject({
      exitCode: exitCode.usage,
      message: expect.stringContaining('wrong passphrase'),
    })
  })
})

test('what is no PKCS#12 file is refused', async () => {
  await expect(readPkcs12(Buffer.from('hello'), { file: 'ca.p12', passphrase: right })).rejects.toMatchObject({
    exitCode: exitCode.usage,
  })
})

describe.each(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048'] as const)('a PKCS#12 file of ours, %s', (key) => {
  test.each(['pw', 'correct horse – ünïcode'])('with the password %s', async (text) => {
    const [ca, next] = await Promise.all([sampleCa(1), sampleCa(2)])
    const leaf = await makeLeaf(ca, leafRequest({ kind: 'client', cn: 'app', key }))
    const password = new Secret(text)
    const trusted = [ca.certificate, next.certificate]
    const made = (await makePkcs12(leaf, trusted, { name: 'app', password })).reveal()

    // openssl
    const folder = temporaryFolder()
    const [file, pass] = [join(folder, 'app.p12'), join(folder, 'pass')]
    writeFileSync(file, made)
    writeFileSync(pass, text)
    const read = (...options: string[]): string =>
      openssl('pkcs12', '-in', file, '-passin', `file:${pass}`, '-noenc', ...options)
    expect(new X509Certificate(read('-clcerts', '-nokeys')).serialNumber).toBe(leaf.certificate.serial)
    expect(read('-cacerts', '-nokeys').match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(createPrivateKey(read('-nocerts')).equals(readKey(leaf.key))).toBe(true)

    // Node's own TLS refuses a file whose key and certificate do not fit.
    createSecureContext({ pfx: Buffer.from(made), passphrase: text })
    expect(() => createSecureContext({ pfx: Buffer.from(made), passphrase: 'other' })).toThrow(/mac verify/i)
  })
})
