import { createPrivateKey } from 'node:crypto'
import { DeployError, exitCode } from '../errors.ts'
import { Secret } from '../secret.ts'
import { loadCaKey, replaceCaKey } from './files.ts'
import { keyPem, readKey } from './keys.ts'
import { encryptPkcs8 } from './pbes2.ts'

/** Asked only when something is signed; `make`: nothing is encrypted with it yet, so that a slip of the finger must be caught. */
export type Passphrase = (purpose: 'open' | 'make') => Promise<Secret>

/** The CA keys of a store: one passphrase for all of them, or none. */
export interface CaKeys {
  folder: string
  /** Those whose folders hold a CA. */
  revisions: readonly number[]
  passphrase: Passphrase | undefined
}

/**
 * The key of one CA, in the clear. A key that lies in the clear while the inventory names a passphrase is encrypted now, with all
 * others: a passphrase that only the next CA had would protect nothing.
 */
export async function openCaKey(keys: CaKeys, revision: number): Promise<Secret> {
  if (keys.passphrase !== undefined) await encryptPlain(keys)
  const stored = await loadCaKey(keys.folder, revision)
  return isEncrypted(stored) ? decrypt(stored, await given(keys)) : stored
}

/** As a new CA's key is stored. */
export async function closeCaKey(keys: CaKeys, key: Secret): Promise<Secret> {
  const passphrase = await provenPassphrase(keys)
  return passphrase === undefined ? key : encrypt(key, passphrase)
}

/** OWASP's figure for PBKDF2 with HMAC-SHA-256 (2023). */
const iterations = 600_000

function isEncrypted(key: Secret): boolean {
  return key.reveal().includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')
}

/** All that are left, also where a run was killed between two of them. */
async function encryptPlain(keys: CaKeys): Promise<void> {
  const plain = (await allKeys(keys)).filter(({ key }) => !isEncrypted(key))
  const passphrase = plain.length === 0 ? undefined : await provenPassphrase(keys)
  if (passphrase === undefined) return
  for (const { revision, key } of plain) {
    await replaceCaKey(keys.folder, revision, await encrypt(key, passphrase))
  }
}

/** Those that are there: a lost key must not keep the next CA from being made. */
async function allKeys({ folder, revisions }: CaKeys): Promise<{ revision: number; key: Secret }[]> {
  const stored = await Promise.all(
    revisions.map(async (revision) => ({ revision, key: await loadCaKey(folder, revision).catch(() => undefined) })),
  )
  return stored.flatMap(({ revision, key }) => (key === undefined ? [] : [{ revision, key }]))
}

/** The passphrase, tried on a key that it encrypts already: two passphrases in one store would lock out one of its CAs. */
async function provenPassphrase(keys: CaKeys): Promise<Secret | undefined> {
  const encrypted = (await allKeys(keys)).find(({ key }) => isEncrypted(key))
  if (encrypted === undefined) return keys.passphrase && nonEmpty(await keys.passphrase('make'))
  const passphrase = await given(keys)
  decrypt(encrypted.key, passphrase)
  return passphrase
}

async function given({ folder, passphrase }: CaKeys): Promise<Secret> {
  if (passphrase !== undefined) return nonEmpty(await passphrase('open'))
  throw new DeployError({
    message: `the CA key in ${folder} is encrypted, and the inventory names no passphrase`,
    next: "Say where it comes from: tls: { pki: { passphrase: 'prompt' } }, or { env: 'NAME' }, or { file: 'path' }",
    exitCode: exitCode.usage,
  })
}

function nonEmpty(passphrase: Secret): Secret {
  if (passphrase.reveal() !== '') return passphrase
  throw new DeployError({ message: 'the passphrase of the CA key is empty', exitCode: exitCode.usage })
}

async function encrypt(key: Secret, passphrase: Secret): Promise<Secret> {
  const der = readKey(key).export({ type: 'pkcs8', format: 'der' })
  const body = Buffer.from(await encryptPkcs8(der, passphrase, iterations)).toString('base64')
  const lines = body.match(/.{1,64}/g) ?? []
  return new Secret(
    ['-----BEGIN ENCRYPTED PRIVATE KEY-----', ...lines, '-----END ENCRYPTED PRIVATE KEY-----', ''].join('\n'),
  )
}

function decrypt(key: Secret, passphrase: Secret): Secret {
  try {
    return keyPem(createPrivateKey({ key: key.reveal(), passphrase: passphrase.reveal() }))
  } catch {
    // Without the cause: nothing of a key or its passphrase may reach a log.
    throw new DeployError({ message: 'wrong passphrase: it does not open the CA key', exitCode: exitCode.usage })
  }
}
