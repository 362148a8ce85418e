import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { matchesKey, readCertificate, readCertificates, signedBy } from '../../../src/pki/certificate.ts'
import type { Certificate } from '../../../src/pki/certificate.ts'
import { openPki } from '../../../src/pki/open.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { Secret } from '../../../src/secret.ts'
import { openssl } from '../pki/openssl.ts'
import { notBefore } from '../pki/samples.ts'
import { madePki, site } from './run.ts'
import type { Site } from './run.ts'

const tls = { clients: { apiserver: { cn: 'kube-apiserver-etcd-client', organization: 'system:masters', days: 30 } } }

let at: Site
let store: PkiStore
let out: string
beforeEach(async () => {
  at = site(tls)
  store = await madePki(at)
  out = join(at.folder, 'out')
})

const read = (name: string): Certificate => readCertificate(readFileSync(join(out, `${name}.crt`)))
const daysOf = ({ notBefore: from, notAfter }: Certificate): number =>
  (notAfter.getTime() - from.getTime()) / 86_400_000

describe('certs issue', () => {
  test('gives the bundle to trust, the certificate and its key, which nobody else may read', async () => {
    expect(await at.certs('issue', 'backup', '--out', out)).toMatchObject({ code: 0, stdout: '' })
    const files = readdirSync(out).toSorted()
    expect(files.map((file) => [file, statSync(join(out, file)).mode & 0o777])).toEqual([
      ['backup.crt', 0o644],
      ['backup.key', 0o600],
      ['ca.crt', 0o644],
    ])
    expect(statSync(out).mode & 0o777).toBe(0o700)
    const certificate = read('backup')
    expect(certificate).toMatchObject({ name: { cn: 'backup' }, usages: ['clientAuth'], dnsNames: [], ipAddresses: [] })
    expect(daysOf(certificate)).toBe(365)
    expect(matchesKey(certificate, new Secret(readFileSync(join(out, 'backup.key'), 'utf8')))).toBe(true)
    const chain = ['ca.crt', 'backup.crt'].map((file) => join(out, file))
    expect(openssl('verify', '-purpose', 'sslclient', '-CAfile', ...chain)).toContain('OK')
  })

  test('as it is asked for, and run again it renews the same', async () => {
    await at.certs(
      'issue',
      'job',
      '--cn',
      'etl',
      '--org',
      'data',
      '--san',
      'a.example.com,10.1.1.1',
      '--days',
      '9',
      '--out',
      out,
    )
    const first = read('job')
    const asked = { name: { cn: 'etl', organization: 'data' }, dnsNames: ['a.example.com'], ipAddresses: ['10.1.1.1'] }
    expect(first).toMatchObject(asked)
    expect(daysOf(first)).toBe(9)
    expect((await at.certs('issue', 'job', '--out', out)).code).toBe(0)
    const second = read('job')
    expect(second).toMatchObject(asked)
    expect(second.serial).not.toBe(first.serial)
    expect(readdirSync(out)).toHaveLength(3)
  })

  test('a client of the inventory is as the inventory says', async () => {
    await at.certs('issue', 'apiserver', '--out', out)
    const certificate = read('apiserver')
    expect(certificate.name).toEqual({ cn: 'kube-apiserver-etcd-client', organization: 'system:masters' })
    expect(daysOf(certificate)).toBe(30)
    const other = await at.certs('issue', 'apiserver', '--cn', 'other', '--out', out)
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('the inventory says what') })
    expect(read('apiserver').serial).toBe(certificate.serial)
    expect((await at.certs('issue', 'apiserver', '--days', '3', '--out', out)).code).toBe(0)
    expect(daysOf(read('apiserver'))).toBe(3)
  })

  test('in a CA rotation the bundle has both CAs, and the leaf is of the one that issues', async () => {
    await store.beginCa({ from: 'new', key: 'ecdsa-p256', subject: {}, notBefore, years: 10 })
    const issued = async (): Promise<[bundle: string[], signer: string]> => {
      expect((await at.certs('issue', 'job', '--org', 'data', '--out', out)).code).toBe(0)
      const bundle = readCertificates(readFileSync(join(out, 'ca.crt'), 'utf8'))
      const signer = bundle.find((ca) => signedBy(read('job'), ca))
      return [bundle.map(({ subject }) => subject), signer?.subject ?? '']
    }
    const [old, next] = ['CN=etcd CA prod 1', 'CN=etcd CA prod 2']
    expect(await issued()).toEqual([[old, next], old])
    await fresh().then((opened) => opened.issueFrom(2))
    expect(await issued()).toEqual([[old, next], next])
    expect(read('job').name).toEqual({ cn: 'job', organization: 'data' })
    await fresh().then((opened) => opened.trustOnly([2]))
    expect(await issued()).toEqual([[next], next])
  })

  test('ends with its CA, and says so', async () => {
    const told = await at.certs('issue', 'job', '--days', '36500', '--out', out)
    expect(told.stderr).toContain('ends with its CA')
    expect(read('job').notAfter).toEqual(store.ca().notAfter)
  })

  test.each([
    [['admin'], 'not handed out'],
    [['../up'], 'cannot name a client'],
    [['ca'], 'cannot name a client'],
    [['.hidden'], 'cannot name a client'],
    [['job', '--days', '0'], '--days: 0 is not'],
    [['job', '--days', '1.5'], '--days: 1.5 is not'],
    [['job', '--san', 'a b'], 'can be neither a DNS name nor an IP address'],
  ])('%j is refused, and nothing is issued', async (args, message) => {
    const told = await at.certs('issue', ...args, '--out', out)
    expect(told).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
    expect((await fresh()).issued).toEqual([])
    expect(existsSync(out)).toBe(false)
  })

  test('without pki/ it says what makes one', async () => {
    const empty = site()
    const told = await empty.certs('issue', 'job', '--out', out)
    expect(told).toMatchObject({ code: 2, stderr: expect.stringContaining('etcd-deploy up makes a CA') })
    expect(existsSync(join(empty.folder, 'pki'))).toBe(false)
  })
})

describe("files that are somebody else's", () => {
  test.each<[string, () => void]>([
    [
      'a certificate',
      () =>
        writeFileSync(
          join(out, 'job.crt'),
          openssl('req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-keyout', '/dev/null', '-subj', '/CN=x'),
        ),
    ],
    ['a key', () => writeFileSync(join(out, 'job.key'), openssl('genrsa', '2048'))],
    ['a bundle', () => writeFileSync(join(out, 'ca.crt'), 'hello')],
    ['a link', () => symlinkSync('/dev/null', join(out, 'job.key'))],
  ])('%s: asked about, and left as it was without an answer', async (_, put) => {
    mkdirSync(out)
    put()
    const before = readdirSync(out).map((file) => [file, readFileSync(join(out, file), 'utf8')])
    const told = await at.certs('issue', 'job', '--out', out)
    expect(told).toMatchObject({ code: 3, stderr: expect.stringContaining('--yes answers it') })
    expect(readdirSync(out).map((file) => [file, readFileSync(join(out, file), 'utf8')])).toEqual(before)
    expect((await fresh()).issued).toEqual([])
    expect((await at.certs('issue', 'job', '--out', out, '--yes')).code).toBe(0)
    expect(matchesKey(read('job'), new Secret(readFileSync(join(out, 'job.key'), 'utf8')))).toBe(true)
    expect(statSync(join(out, 'job.key')).mode & 0o777).toBe(0o600)
  })

  test('another certificate of ours in the same folder stays', async () => {
    await at.certs('issue', 'one', '--out', out)
    expect((await at.certs('issue', 'two', '--out', out)).code).toBe(0)
    expect(readdirSync(out).toSorted()).toEqual(['ca.crt', 'one.crt', 'one.key', 'two.crt', 'two.key'])
  })
})

async function fresh(): Promise<PkiStore> {
  const opened = await openPki(join(at.folder, 'pki'), 'prod')
  if (!opened) throw new Error('there is no store')
  return opened
}
