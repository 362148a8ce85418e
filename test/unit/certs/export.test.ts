import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { beforeEach, expect, test } from 'vitest'
import { readCertificate } from '../../../src/pki/certificate.ts'
import { madePki, site } from './run.ts'
import type { Site } from './run.ts'

let at: Site
let out: string
beforeEach(async () => {
  at = site()
  await madePki(at)
  out = join(at.folder, 'out')
  await at.certs('issue', 'Back_up', '--out', out)
})
const issued = (name: string): string => readFileSync(join(out, name), 'utf8')

test('pem: the files of the last issue again, nothing new', async () => {
  const again = join(at.folder, 'again')
  expect(await at.certs('export', 'Back_up', '--format', 'pem', '--out', again)).toMatchObject({ code: 0, stdout: '' })
  for (const file of ['ca.crt', 'Back_up.crt', 'Back_up.key']) {
    expect(readFileSync(join(again, file), 'utf8')).toBe(issued(file))
  }
})

test('p12: under the password of a file, for its owner alone', async () => {
  const [file, password] = [join(at.folder, 'b.p12'), join(at.folder, 'password')]
  writeFileSync(password, 'correct horse\n')
  const told = await at.certs('export', 'Back_up', '--format', 'p12', '--out', file, '--password-file', password)
  expect(told).toMatchObject({ code: 0, stdout: '' })
  expect(told.stderr).not.toContain('correct horse')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  createSecureContext({ pfx: readFileSync(file), passphrase: 'correct horse' })
  const again = await at.certs('export', 'Back_up', '--format', 'p12', '--out', file, '--password-file', password)
  expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining('--yes answers it') })
})

test('p12: without a terminal, and no password given, it says how to give one', async () => {
  const told = await at.certs('export', 'Back_up', '--format', 'p12', '--out', join(at.folder, 'b.p12'))
  expect(told).toMatchObject({ code: 3, stderr: expect.stringContaining('no terminal') })
})

test('secret: a manifest on stdout and nothing else, with a name that Kubernetes takes', async () => {
  const { code, stdout } = await at.certs('export', 'Back_up', '--format', 'secret')
  expect(code).toBe(0)
  const lines = stdout.trimEnd().split('\n')
  expect(lines.slice(0, 6)).toEqual([
    'apiVersion: v1',
    'kind: Secret',
    'type: kubernetes.io/tls',
    'metadata:',
    '  name: etcd-client-back-up',
    'data:',
  ])
  const data = Object.fromEntries(lines.slice(6).map((line) => line.trim().split(': ')))
  const plain = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString()
  expect(Object.keys(data).toSorted()).toEqual(['ca.crt', 'tls.crt', 'tls.key'])
  expect([plain('ca.crt'), plain('tls.crt'), plain('tls.key')]).toEqual([
    issued('ca.crt'),
    issued('Back_up.crt'),
    issued('Back_up.key'),
  ])
})

test.each([
  [['nobody', '--format', 'pem'], 2, 'there is no client certificate nobody'],
  [['admin', '--format', 'pem'], 2, 'not handed out'],
  [['Back_up'], 2, '--format'],
  [['Back_up', '--format', 'jks'], 2, 'jks'],
])('%j is refused', async (args, code, message) => {
  expect(await at.certs('export', ...args)).toMatchObject({ code, stderr: expect.stringContaining(message) })
})

test('one that is revoked is exported with a word about it', async () => {
  const { serial } = readCertificate(issued('Back_up.crt'))
  await at.certs('revoke', serial)
  const { stderr } = await at.certs('export', 'Back_up', '--format', 'pem', '--out', out)
  expect(stderr).toContain('Back_up is revoked')
})
