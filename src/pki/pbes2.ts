import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Secret } from '../secret.ts'
import { encode, integer, objectIdentifier } from './der.ts'

/** What PBES2 (RFC 8018) makes of data: with what, as an AlgorithmIdentifier, and the encrypted bytes. */
interface Encrypted {
  algorithm: Uint8Array
  data: Uint8Array
}

/** PBKDF2 with HMAC-SHA-256, then AES-256-CBC: what every tool of the last ten years reads. */
export async function encryptPbes2(plain: Uint8Array, passphrase: Secret, iterations: number): Promise<Encrypted> {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const key = await derive(passphrase.reveal(), salt, iterations, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const data = Buffer.concat([cipher.update(plain), cipher.final()])
  const prf = sequence(objectIdentifier('1.2.840.113549.2.9'), encode(0x05))
  const parameters = sequence(encode(0x04, salt), integer(iterations), prf)
  const derivation = sequence(objectIdentifier('1.2.840.113549.1.5.12'), parameters)
  const scheme = sequence(objectIdentifier('2.16.840.1.101.3.4.1.42'), encode(0x04, iv))
  return { algorithm: sequence(objectIdentifier('1.2.840.113549.1.5.13'), sequence(derivation, scheme)), data }
}

/** EncryptedPrivateKeyInfo of PKCS#8. */
export async function encryptPkcs8(key: Uint8Array, passphrase: Secret, iterations: number): Promise<Uint8Array> {
  const { algorithm, data } = await encryptPbes2(key, passphrase, iterations)
  return sequence(algorithm, encode(0x04, data))
}

const derive = promisify(pbkdf2)

function sequence(...elements: Uint8Array[]): Uint8Array {
  return encode(0x30, ...elements)
}
