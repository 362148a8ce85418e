import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { exitCode } from '../../../src/errors.ts'
import { readForeignKey } from '../../../src/pki/foreign-key.ts'
import { Secret } from '../../../src/secret.ts'
import { openssl } from './openssl.ts'
import { caExtensions, ecKey, opensslCa, passphrase } from './foreign-material.ts'

const rsa = opensslCa(...caExtensions)
const ec = opensslCa(...ecKey, ...caExtensions)
const right = async () => new Secret(passphrase)

/** The key, written anew by openssl. */
function written({ folder, key }: typeof rsa, ...command: string[]): string {
  const out = join(folder, 'written.key')
  openssl(...command.map((word) => (word === 'PASS' ? `file:${join(folder, 'pass')}` : word)), '-in', key, '-out', out)
  return readFileSync(out, 'utf8')
}

const plain: [string, typeof rsa, string[]][] = [
  ['RSA in PKCS#8', rsa, ['pkcs8', '-topk8', '-nocrypt']],
  ['RSA in PKCS#1', rsa, ['rsa', '-traditional']],
  ['ECDSA in PKCS#8', ec, ['pkcs8', '-topk8', '-nocrypt']],
  ['ECDSA in SEC 1', ec, ['ec']],
]
const pkcs8 = ['pkcs8', '-topk8', '-passout', 'PASS']
const legacy = ['-provider', 'legacy', '-provider', 'default']
const encrypted: [string, typeof rsa, string[]][] = [
  ['RSA in PKCS#8', rsa, pkcs8],
  ['ECDSA in PKCS#8, scrypt', ec, [...pkcs8, '-scrypt']],
  ['RSA in PKCS#8, SHA-1 and 3DES', rsa, [...pkcs8, '-v1', 'PBE-SHA1-3DES']],
  ['ECDSA in PKCS#8, SHA-1 and RC2, which OpenSSL 3 calls legacy', ec, [...pkcs8, ...legacy, '-v1', 'PBE-SHA1-RC2-40']],
  ['RSA with Proc-Type, AES', rsa, ['rsa', '-traditional', '-aes256', '-passout', 'PASS']],
  ['RSA with Proc-Type, 3DES', rsa, ['rsa', '-traditional', '-des3', '-passout', 'PASS']],
  ['RSA with Proc-Type, DES, legacy', rsa, ['rsa', '-traditional', '-des', '-passout', 'PASS', ...legacy]],
  ['ECDSA with Proc-Type, AES', ec, ['ec', '-aes128', '-passout', 'PASS']],
]

describe('a key in the clear', () => {
  test.each(plain)('%s, without a question', async (_, ca, command) => {
    const ask = vi.fn<() => Promise<Secret>>(right)
    const key = await readForeignKey(new Secret(written(ca, ...command)), { file: 'ca.key', passphrase: ask })
    expect(key.equals(createPrivateKey(readFileSync(ca.key)))).toBe(true)
    expect(ask).not.toHaveBeenCalled()
  })

  test('among other things', async () => {
    const text = `curve:\n${openssl('ecparam', '-name', 'prime256v1')}\n${readFileSync(ec.cert, 'utf8')}${written(ec, 'ec')}`
    const key = await readForeignKey(new Secret(text), { file: 'ca.pem', passphrase: right })
    expect(key.equals(createPrivateKey(readFileSync(ec.key)))).toBe(true)
  })
})

describe('an encrypted key', () => {
  test.each(encrypted)('%s', async (_, ca, command) => {
    const pem = written(ca, ...command)
    expect(pem).toMatch(/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/)
    const key = await readForeignKey(new Secret(pem), { file: 'ca.key', passphrase: right })
    expect(key.equals(createPrivateKey(readFileSync(ca.key)))).toBe(true)
  })

  test.each(encrypted)('%s, and the wrong passphrase', async (_, ca, command) => {
    const reading = readForeignKey(new Secret(written(ca, ...command)), {
      file: 'ca.key',
      passphrase: async () => new Secret('battery staple'),
    })
    const error: unknown = await reading.catch((problem: unknown) => problem)
    expect(error).toMatchObject({ exitCode: exitCode.usage, message: expect.stringContaining('wrong passphrase') })
    expect(JSON.stringify(error)).not.toContain('battery')
  })
})

test.each([
  ['no key at all', readFileSync(rsa.cert, 'utf8'), /holds no private key/],
  ['a broken one', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /cannot be read/],
])('%s is refused', async (_, text, message) => {
  const reading = readForeignKey(new Secret(text), { file: 'ca.key', passphrase: right })
  await expect(reading).rejects.toMatchObject({ exitCode: exitCode.usage, message: expect.stringMatching(message) })
})
