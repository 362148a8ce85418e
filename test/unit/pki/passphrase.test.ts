import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { exitCode } from '../../../src/errors.ts'
import type { Passphrase } from '../../../src/pki/ca-key.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import { passphraseFrom } from '../../../src/pki/passphrase.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { Secret } from '../../../src/secret.ts'
import { openssl, temporaryFolder } from './openssl.ts'
import { leafRequest, notBefore } from './samples.ts'

const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays: 365 } as const
const newCa = { from: 'new', key: 'ecdsa-p256', subject: {}, notBefore, years: 10 } as const
const words = 'correct horse – ünïcode'
const right: Passphrase = async () => new Secret(words)
const wrong: Passphrase = async () => new Secret('battery staple')

// Each opening of a key takes a third of a second, on purpose.
vi.setConfig({ testTimeout: 30_000 })

let dir: string
beforeEach(() => {
  dir = join(temporaryFolder(), 'pki')
})
const create = (passphrase?: Passphrase) => createPki(dir, 'prod', tls, notBefore, passphrase)
const open = async (passphrase?: Passphrase): Promise<PkiStore> => {
  const store = await openPki(dir, 'prod', passphrase)
  if (!store) throw new Error('there is no store')
  return store
}
const issue = (store: PkiStore) => store.issue([{ ...leafRequest(), name: 'node1' }])
const keyFile = (revision: number) => join(dir, 'prod', String(revision), 'ca.key')

describe('a store with a passphrase', () => {
  test('has its CA key encrypted with parameters of today, which openssl opens', async () => {
    const store = await create(right)
    expect(readFileSync(keyFile(1), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/)
    const shape = openssl('asn1parse', '-in', keyFile(1))
    for (const part of ['PBES2', 'PBKDF2', 'hmacWithSHA256', 'aes-256-cbc']) expect(shape).toContain(part)
    const iterations = /INTEGER\s+:([0-9A-F]+)/.exec(shape)?.[1] ?? ''
    expect(Number.parseInt(iterations, 16)).toBeGreaterThanOrEqual(600_000)
    const opened = execFileSync('openssl', ['pkey', '-in', keyFile(1), '-passin', 'stdin', '-pubout'], {
      input: `${words}\n`,
      encoding: 'utf8',
    })
    expect(opened).toBe(openssl('x509', '-in', join(dir, 'prod/1/ca.crt'), '-noout', '-pubkey'))
    await issue(store)
    expect((await open(right)).leaf('node1', 'server')).toBeDefined()
  })

  test('asks for it when something is signed, and never before', async () => {
    await issue(await create(right))
    const asked = vi.fn<Passphrase>(right)
    const store = await open(asked)
    store.leaf('node1', 'server')
    store.trust()
    await store.rememberFormed({ clusterId: '1', token: 't', formedAt: notBefore })
    expect(asked).not.toHaveBeenCalled()
    await issue(store)
    expect(asked.mock.calls).toEqual([['open']])
  })

  test('a wrong one is said so, and nothing is written', async () => {
    await create(right)
    const before = readdirSync(join(dir, 'prod'))
    const times = { thisUpdate: notBefore, nextUpdate: new Date(Date.now() + 1e9) }
    for (const passphrase of [wrong, async () => new Secret('')]) {
      const store = await open(passphrase)
      for (const change of [
        () => issue(store),
        () => store.beginCa(newCa),
        () => store.renewCrl(times),
        () => store.proveKey(),
      ]) {
        const message = expect.stringContaining('passphrase')
        await expect(change()).rejects.toMatchObject({ exitCode: exitCode.usage, message })
      }
    }
    expect(readdirSync(join(dir, 'prod'))).toEqual(before)
  })

  test('an inventory that names none any more is told what to say', async () => {
    await create(right)
    await expect(issue(await open())).rejects.toMatchObject({
      exitCode: exitCode.usage,
      message: expect.stringContaining('is encrypted, and the inventory names no passphrase'),
    })
  })

  test('encrypts the next CA too', async () => {
    await create(right)
    const store = await open(right)
    await store.beginCa(newCa)
    expect(readFileSync(keyFile(2), 'utf8')).toContain('BEGIN ENCRYPTED')
    await store.issueFrom(2)
    await issue(await open(right))
  })
})

describe('a store made without one', () => {
  test('is encrypted when something is signed next, every CA of it', async () => {
    const store = await create()
    await store.beginCa(newCa)
    const plain = [1, 2].map((revision) => readFileSync(keyFile(revision), 'utf8'))
    for (const key of plain) expect(key).toContain('BEGIN PRIVATE KEY')
    const asked = vi.fn<Passphrase>(right)
    await issue(await open(asked))
    expect(asked.mock.calls).toEqual([['make'], ['open']])
    for (const [index, key] of plain.entries()) {
      const pem = readFileSync(keyFile(index + 1), 'utf8')
      expect(pem).toContain('BEGIN ENCRYPTED')
      expect(createPrivateKey({ key: pem, passphrase: words }).equals(createPrivateKey(key))).toBe(true)
    }
    expect(readdirSync(join(dir, 'prod/1')).toSorted()).toEqual(['ca.crt', 'ca.key', 'cluster.json', 'crl.der'])
    await issue(await open(right))
  })

  test('a run that was killed between two of its keys: the next one encrypts the rest, under the same passphrase', async () => {
    const store = await create()
    const plain = readFileSync(keyFile(1))
    await store.beginCa(newCa)
    await store.issueFrom(2)
    await issue(await open(right))
    writeFileSync(keyFile(1), plain)
    await expect(issue(await open(wrong))).rejects.toThrow(/wrong passphrase/)
    expect(readFileSync(keyFile(1))).toEqual(plain)
    await issue(await open(right))
    expect(createPrivateKey({ key: readFileSync(keyFile(1)), passphrase: words }).type).toBe('private')
  })

  test('goes on without', async () => {
    await create()
    await issue(await open())
    expect(readFileSync(keyFile(1), 'utf8')).toContain('BEGIN PRIVATE KEY')
  })
})

describe('a passphrase that is typed', () => {
  const source = { from: 'prompt', label: 'passphrase' } as const

  test('is typed twice where it is new', async () => {
    const said = ['one', 'two']
    const reveal = vi.fn<(from: unknown) => Promise<Secret>>(async () => new Secret(said.shift() ?? ''))
    await expect(passphraseFrom(source, reveal)?.('make')).rejects.toMatchObject({ exitCode: exitCode.usage })
    expect(reveal.mock.calls).toEqual([[source], [{ ...source, label: 'passphrase, again' }]])
  })

  test('once where it opens a key, or comes from a file', async () => {
    const reveal = vi.fn<() => Promise<Secret>>(async () => new Secret('one'))
    await passphraseFrom(source, reveal)?.('open')
    await passphraseFrom({ from: 'file', path: '/p' }, reveal)?.('make')
    expect(reveal).toHaveBeenCalledTimes(2)
  })

  test('is none where the inventory names none', () => {
    expect(passphraseFrom(undefined, async () => new Secret(''))).toBeUndefined()
  })
})
