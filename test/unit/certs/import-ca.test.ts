import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openPki } from '../../../src/pki/open.ts'
import { caExtensions, opensslCa, passphrase } from '../pki/foreign-material.ts'
import { openssl } from '../pki/openssl.ts'
import { madePki, site } from './run.ts'
import type { Site } from './run.ts'

const ca = opensslCa(...caExtensions)
const path = (name: string): string => join(ca.folder, name)
openssl('pkcs8', '-topk8', '-in', ca.key, '-out', path('encrypted.key'), '-passout', `file:${path('pass')}`)
openssl(
  'pkcs12',
  '-export',
  '-in',
  ca.cert,
  '-inkey',
  ca.key,
  '-out',
  path('ca.p12'),
  '-passout',
  `file:${path('pass')}`,
)

let at: Site
beforeEach(() => {
  at = site()
})
const opened = async () => openPki(join(at.folder, 'pki'), 'prod')

describe('before the first up', () => {
  test.each([
    ['certificate and key', ['--cert', ca.cert, '--key', ca.key]],
    ['an encrypted key', ['--cert', ca.cert, '--key', path('encrypted.key'), '--passphrase-file', path('pass')]],
    ['PKCS#12', ['--p12', path('ca.p12'), '--passphrase-file', path('pass')]],
  ])('%s: it is the CA', async (_, options) => {
    const told = await at.certs('import-ca', ...options)
    expect(told).toMatchObject({ code: 0, stdout: '' })
    const store = await opened()
    expect(store?.ca().subject).toBe('CN=foreign CA')
    expect(store?.trusted).toEqual([1])
    expect((await at.certs('issue', 'app', '--out', join(at.folder, 'app'))).code).toBe(0)
    const files = [ca.cert, join(at.folder, 'app/app.crt')]
    expect(openssl('verify', '-purpose', 'sslclient', '-CAfile', ...files)).toContain('OK')
  })

  test('its key is encrypted again, with the passphrase of the inventory', async () => {
    writeFileSync(path('ours'), 'another one')
    at = site({ pki: { passphrase: { file: path('ours') } } })
    expect((await at.certs('import-ca', '--cert', ca.cert, '--key', ca.key)).code).toBe(0)
    expect(readFileSync(join(at.folder, 'pki/prod/1/ca.key'), 'utf8')).toContain('BEGIN ENCRYPTED')
    expect((await at.certs('issue', 'app', '--out', join(at.folder, 'app'))).code).toBe(0)
    writeFileSync(path('ours'), 'mistaken')
    const wrong = await at.certs('issue', 'app', '--out', join(at.folder, 'app'))
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong passphrase') })
    expect(wrong.stderr).not.toMatch(/mistaken|another one/)
  })
})

test('beside a CA that is there: aside, until a rotation leads to it; a second time nothing changes', async () => {
  await madePki(at)
  const told = await at.certs('import-ca', '--cert', ca.cert, '--key', ca.key)
  expect(told).toMatchObject({ code: 0, stderr: expect.stringContaining('rotate-certs --ca --to imported') })
  const store = await opened()
  expect([store?.generation, store?.trusted, store?.importedTarget]).toEqual([1, [1], 2])
  await at.certs('import-ca', '--cert', ca.cert, '--key', ca.key)
  expect((await opened())?.revision).toBe(store?.revision)
})

test('the same CA as the one there', async () => {
  await at.certs('import-ca', '--cert', ca.cert, '--key', ca.key)
  const again = await at.certs('import-ca', '--cert', ca.cert, '--key', ca.key)
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('is the CA already') })
})

describe('refused, and nothing is made', () => {
  const other = opensslCa(...caExtensions, '-subj', '/CN=other')
  writeFileSync(path('wrong'), `not ${passphrase}`)
  test.each([
    ['nothing named', [], 'which CA?'],
    ['half of it', ['--cert', ca.cert], 'which CA?'],
    ['twice', ['--cert', ca.cert, '--key', ca.key, '--p12', path('ca.p12')], 'which CA?'],
    ['a file that is not there', ['--cert', path('none'), '--key', ca.key], 'cannot be read'],
    ['a key for a certificate', ['--cert', ca.key, '--key', ca.key], 'no certificate in PEM or DER'],
    ['another key', ['--cert', ca.cert, '--key', other.key], 'key does not belong'],
    [
      'the wrong passphrase',
      ['--cert', ca.cert, '--key', path('encrypted.key'), '--passphrase-file', path('wrong')],
      'wrong passphrase',
    ],
    ['a PKCS#12 file without a CA', ['--p12', ca.cert, '--passphrase-file', path('pass')], 'no PKCS#12 file'],
    ['no revocation list', ['--cert', ca.cert, '--key', ca.key, '--crl', ca.cert], 'not a revocation list'],
  ])('%s', async (_, options, message) => {
    expect(await at.certs('import-ca', ...options)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
    expect(await opened()).toBeUndefined()
  })

  test('an encrypted key without a terminal to ask on', async () => {
    const told = await at.certs('import-ca', '--cert', ca.cert, '--key', path('encrypted.key'))
    expect(told).toMatchObject({ code: 3, stderr: expect.stringContaining('--passphrase-file') })
  })

  test('a revocation list of another CA', async () => {
    writeFileSync(path('index.txt'), '')
    writeFileSync(path('own.cnf'), `[ca]\ndefault_ca=own\n[own]\ndatabase=${path('index.txt')}\ndefault_md=sha256\n`)
    const list = ['-config', path('own.cnf'), '-cert', other.cert, '-keyfile', other.key, '-crldays', '30']
    openssl('ca', '-gencrl', ...list, '-out', path('other.crl'))
    const told = await at.certs('import-ca', '--cert', ca.cert, '--key', ca.key, '--crl', path('other.crl'))
    expect(told).toMatchObject({ code: 2, stderr: expect.stringContaining('revocation list of another CA') })
    expect(await opened()).toBeUndefined()
  })
})
