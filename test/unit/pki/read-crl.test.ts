import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitCode } from '../../../src/errors.ts'
import { readCertificate } from '../../../src/pki/certificate.ts'
import { crlSignedBy, makeCrl } from '../../../src/pki/crl.ts'
import { readCrl } from '../../../src/pki/read-crl.ts'
import { caExtensions, opensslCa } from './foreign-material.ts'
import { openssl } from './openssl.ts'
import { notBefore, sampleCa } from './samples.ts'

describe('a revocation list of `openssl ca`', () => {
  const ca = opensslCa(...caExtensions)
  const path = (name: string): string => join(ca.folder, name)
  writeFileSync(path('index.txt'), '')
  writeFileSync(path('serial'), '00A1\n')
  writeFileSync(path('crlnumber'), '05\n')
  mkdirSync(path('new'))
  writeFileSync(
    path('ca.cnf'),
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${path('index.txt')}\nserial=${path('serial')}\ncrlnumber=${path('crlnumber')}\n` +
      `new_certs_dir=${path('new')}\ncertificate=${ca.cert}\nprivate_key=${ca.key}\ndefault_md=sha256\npolicy=any\n` +
      `default_days=30\ndefault_crl_days=30\n[any]\ncommonName=supplied\n`,
  )
  const own = (...options: string[]): string => openssl('ca', '-batch', '-config', path('ca.cnf'), ...options)
  const reasons = ['keyCompromise', 'certificateHold', undefined, 'superseded']
  for (const [index, reason] of reasons.entries()) {
    openssl('req', '-new', '-config', path('req.cnf'), '-subj', `/CN=leaf ${index}`, '-newkey', 'rsa:2048', '-noenc',
      '-keyout', path('leaf.key'), '-out', path('leaf.csr')) // prettier-ignore
    own('-in', path('leaf.csr'), '-out', path('leaf.crt'), '-notext')
    own('-revoke', path('leaf.crt'), ...(reason === undefined ? [] : ['-crl_reason', reason]))
  }
  own('-gencrl', '-out', path('crl.pem'))
  openssl('crl', '-in', path('crl.pem'), '-outform', 'der', '-out', path('crl.der'))

  test.each(['crl.pem', 'crl.der'])('%s: serials, dates, reasons, its end', async (file) => {
    const crl = readCrl(readFileSync(path(file)))
    expect(crl.revoked.map(({ serial, reason }) => [serial, reason])).toEqual([
      ['A1', 'keyCompromise'],
      ['A2', 'unspecified'],
      ['A3', 'unspecified'],
      ['A4', 'superseded'],
    ])
    for (const { revokedAt } of crl.revoked) expect(Math.abs(Date.now() - Date.parse(revokedAt))).toBeLessThan(60_000)
    const days = ((crl.nextUpdate?.getTime() ?? 0) - crl.thisUpdate.getTime()) / 86_400_000
    expect(days).toBe(30)
    expect(await crlSignedBy(crl.der, readCertificate(readFileSync(ca.cert)))).toBe(true)
    const stranger = opensslCa(...caExtensions)
    expect(await crlSignedBy(crl.der, readCertificate(readFileSync(stranger.cert)))).toBe(false)
  })
})

test.each([2030, 2049, 2050, 2076])('ours is read back, to the second, with its end in %i', async (year) => {
  const nextUpdate = new Date(Date.UTC(year, 1, 3, 4, 5, 6))
  const ca = await sampleCa()
  const revoked = [{ serial: 'A1B2', revokedAt: notBefore, reason: 'cessationOfOperation' as const }]
  const crl = readCrl(await makeCrl(ca, { revoked, thisUpdate: notBefore, nextUpdate, number: 1 }))
  expect(crl).toMatchObject({ thisUpdate: notBefore, nextUpdate })
  expect(crl.revoked).toEqual([{ serial: 'A1B2', revokedAt: notBefore.toISOString(), reason: 'cessationOfOperation' }])
  const empty = readCrl(await makeCrl(ca, { revoked: [], thisUpdate: notBefore, nextUpdate, number: 1 }))
  expect(empty.revoked).toEqual([])
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('hello')],
  ['a certificate', readFileSync(opensslCa(...caExtensions).cert)],
  ['a list cut short', Buffer.from('3082010030', 'hex')],
])('%s is none', (_, bytes) => {
  expect(() => readCrl(bytes)).toThrow(expect.objectContaining({ exitCode: exitCode.usage }))
})
