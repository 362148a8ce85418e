import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readIdentities } from '../../../src/host/identity.ts'
import { attempts } from '../../../src/host/attempts.ts'
import { readOffers } from '../../../src/host/key-offers.ts'
import type { LoginMeans } from '../../../src/host/login-ways.ts'
import { login } from '../../../src/host/login.ts'
import type { RevealSecret, SecretSource, SshTarget } from '../../../src/inventory/model.ts'
import { Secret } from '../../../src/secret.ts'
import { sshTarget } from './target.ts'
import { ed25519Pair } from '../../instruments/ed25519-pair.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
  const encryption = { passphrase: 'sesame', cipher: 'aes256-ctr', rounds: 4 }
  const plain = ed25519Pair()
  await writeFile(join(folder, 'plain'), plain.private)
  await writeFile(join(folder, 'plain.pub'), plain.public)
  await writeFile(join(folder, 'plain-cert.pub'), 'ssh-ed25519-cert-v01@openssh.com AAAA')
  await writeFile(join(folder, 'encrypted'), ed25519Pair('', encryption).private)
  const pem = { type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'sesame' } as const
  const spki = { type: 'spki', format: 'pem' } as const
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: pem, publicKeyEncoding: spki })
  await writeFile(join(folder, 'encrypted-pem'), rsa.privateKey)
  await writeFile(join(folder, 'fido'), openSshKey('sk-ssh-ed25519@openssh.com'))
  await writeFile(join(folder, 'text'), 'not a key\n')
})

/** The head of an OpenSSH private key, which names its type; ssh-keygen makes none of type sk- without a device. */
function openSshKey(type: string): string {
  const field = (text: Buffer | string): Buffer => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const head = [Buffer.from('openssh-key-v1\0'), field('none'), field('none'), field(''), Buffer.from([0, 0, 0, 1])]
  const bytes = Buffer.concat([...head, field(field(type)), field('')])
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
}

function target(names: string[], more: Partial<SshTarget> = {}): SshTarget {
  return sshTarget({ host: '10.0.0.1', key: names.map((name) => join(folder, name)), ...more })
}

const reveal = async (source: SecretSource) => new Secret(source.from === 'env' ? source.name : '')
async function means(wanted: SshTarget, revealSecret: RevealSecret): Promise<LoginMeans> {
  const keys = await readOffers(wanted, revealSecret)
  const { tries, past } = attempts()
  return { name: 'node1', keys, reveal: revealSecret, tries, past: past.of('node1', wanted), askPerson: undefined }
}

const never = async (): Promise<never> => {
  throw new Error('nothing is to be asked')
}
const sesame: SecretSource = { from: 'env', name: 'sesame' }

describe('key files', () => {
  it('are read in the order given; a passphrase is asked for where one is needed', async () => {
    const names = ['plain', 'encrypted', 'encrypted-pem']
    const identities = await readIdentities(target(names, { passphrase: sesame }), [], reveal)
    expect(identities.map(({ kind, file }) => [kind, file])).toEqual(names.map((name) => ['key', join(folder, name)]))
    expect(await readIdentities(target(['plain'], { passphrase: sesame }), [], never)).toMatchObject([{ kind: 'key' }])
  })

  it.each([
    ['missing', {}, 'no such file'],
    ['encrypted', {}, 'encrypted, and no `passphrase` is given'],
    ['encrypted', { passphrase: { from: 'env', name: 'wrong' } as const }, 'encrypted, and the passphrase is wrong'],
    ['encrypted-pem', {}, 'encrypted, and no `passphrase` is given'],
    [
      'encrypted-pem',
      { passphrase: { from: 'env', name: 'wrong' } as const },
      'encrypted, and the passphrase is wrong',
    ],
    [
      'fido',
      {},
      "a FIDO key (sk-ssh-ed25519@openssh.com), which the ssh2 library cannot use: say ssh: { transport: 'openssh' }, or give a plain key, too",
    ],
    [
      'plain-cert.pub',
      {},
      "a certificate (ssh-ed25519-cert-v01@openssh.com), which the ssh2 library cannot use: say ssh: { transport: 'openssh' }, or authorize the plain key",
    ],
    ['plain.pub', {}, 'a public key, and no agent holds its private one'],
    ['text', {}, expect.stringContaining('not a private key')],
  ])('%s %j: says why it is of no use', async (name, more, why) => {
    expect(await readIdentities(target([name], more), [], reveal)).toEqual([
      { kind: 'unusable', file: join(folder, name), why },
    ])
  })
})

describe('a login', () => {
  const password: SecretSource = { from: 'env', name: 'secret' }

  it.each([
    [
      ['publickey', 'password', 'keyboard-interactive'],
      ['publickey', 'publickey', 'password'],
    ],
    [
      ['publickey', 'keyboard-interactive'],
      ['publickey', 'publickey', 'keyboard-interactive'],
    ],
    [['password'], ['publickey', 'password']],
  ])('where the server takes %j tries %j, the password in one way only', async (accepted, expected) => {
    const wanted = target(['plain', 'encrypted'], { password, passphrase: sesame })
    const ways = login(wanted, await means(wanted, reveal))
    const types: unknown[] = []
    for (let way = await ways.next(null, false); way !== false; way = await ways.next(accepted, false))
      types.push(way.type)
    expect(types).toEqual(expected)
  })

  it('reveals no password where the server takes none', async () => {
    const wanted = target(['plain'], { password })
    const ways = login(wanted, await means(wanted, never))
    expect(await ways.next(['publickey'], false)).toMatchObject({ type: 'publickey' })
    expect(await ways.next(['publickey'], false)).toBe(false)
    expect(await ways.failure('it')).toMatchObject({
      tried: expect.stringMatching(
        /^key .*plain \(ssh-ed25519\); password: not accepted by the server; keyboard-.*not accepted/,
      ),
      answered: 'the server takes publickey',
      next: expect.arrayContaining([expect.stringContaining('plain-cert.pub was not used')]),
    })
  })

  it('with nothing to try says so', async () => {
    expect(await login(target([]), await means(target([]), never)).failure('it')).toMatchObject({
      host: 'node1',
      tried: 'nothing: no key, agent or password is given',
    })
  })
})
