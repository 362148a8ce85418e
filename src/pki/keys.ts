import { createPrivateKey, generateKeyPair } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { DeployError, exitCode } from '../errors.ts'
import type { Tls } from '../inventory/model.ts'
import { Secret } from '../secret.ts'

export type KeyAlgorithm = Tls['key']

/** A new key pair, made on libuv's thread pool: many at once cost little more than one. */
export async function makeKey(algorithm: KeyAlgorithm): Promise<KeyObject> {
  const [family, size = ''] = algorithm.split('-')
  const pair =
    family === 'rsa'
      ? await generate('rsa', { modulusLength: Number(size) })
      : await generate('ec', { namedCurve: size.replace('p', 'P-') })
  return pair.privateKey
}

/** A private key as PEM: PKCS#8, PKCS#1 or SEC 1, as other tools write them. */
export function readKey(pem: Secret): KeyObject {
  try {
    return createPrivateKey(pem.reveal())
  } catch {
    // The cause is left out: it has no fact of use, and nothing of a key may reach a log.
    throw new DeployError({ message: 'not a private key in PEM, or an encrypted one', exitCode: exitCode.usage })
  }
}

/** PKCS#8, PEM. */
export function keyPem(key: KeyObject): Secret {
  return new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString())
}

/** `ecdsa-p256`, `rsa-2048`; for other keys their own name. */
export function keyAlgorithm(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') return `rsa-${modulusLength}`
  if (key.asymmetricKeyType !== 'ec') return key.asymmetricKeyType ?? 'unknown'
  return `ecdsa-${curves[namedCurve ?? '']?.toLowerCase().replace('-', '') ?? namedCurve}`
}

/** What WebCrypto needs to sign with this key: the hash grows with the curve. */
export function signingAlgorithm(key: KeyObject): SigningAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  if (key.asymmetricKeyType === 'ed25519') return { name: 'Ed25519' }
  const namedCurve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  const hash = namedCurve && hashes[namedCurve]
  if (hash) return { name: 'ECDSA', namedCurve, hash }
  throw new DeployError({ message: `a CA key of type ${keyAlgorithm(key)} cannot sign here`, exitCode: exitCode.usage })
}

export interface SigningAlgorithm {
  name: string
  namedCurve?: string
  hash?: string
}

const generate = promisify(generateKeyPair) as (
  type: 'rsa' | 'ec',
  options: { modulusLength: number } | { namedCurve: string },
) => Promise<{ privateKey: KeyObject }>

/** OpenSSL's names of the curves → WebCrypto's. */
const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }
const hashes: Record<string, string> = { 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' }
