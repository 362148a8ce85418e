import { createHash, createHmac, hash, randomBytes } from 'node:crypto'
import { Secret } from '../secret.ts'
import type { KeyPair } from './ca.ts'
import type { Certificate } from './certificate.ts'
import { encode, integer, objectIdentifier } from './der.ts'
import { readKey } from './keys.ts'
import { encryptPbes2, encryptPkcs8 } from './pbes2.ts'

/**
 * PKCS#12 (RFC 7292) with a certificate, its key and the CAs to trust: both encrypted with AES-256, the whole with an HMAC-SHA-256.
 * node-forge writes RSA keys only.
 */
export async function makePkcs12(
  leaf: KeyPair,
  trusted: readonly Certificate[],
  { name, password }: { name: string; password: Secret },
): Promise<Secret<Uint8Array>> {
  const id = createHash('sha1').update(der(leaf.certificate)).digest()
  const ours = set(attribute(friendlyName, encode(0x1e, utf16(name))), attribute(localKeyId, encode(0x04, id)))
  const certificates = sequence(
    bag(certBag, certificate(leaf.certificate), ours),
    ...trusted.map((ca) => bag(certBag, certificate(ca))),
  )
  const plain = readKey(leaf.key).export({ type: 'pkcs8', format: 'der' })
  const key = sequence(bag(shroudedKeyBag, await encryptPkcs8(plain, password, iterations), ours))
  const { algorithm, data } = await encryptPbes2(certificates, password, iterations)
  const encryptedContent = sequence(objectIdentifier(pkcs7Data), algorithm, encode(0x80, data))
  const safes = sequence(
    sequence(objectIdentifier(pkcs7EncryptedData), explicit(sequence(integer(0), encryptedContent))),
    dataContent(key),
  )
  return new Secret(sequence(integer(3), dataContent(safes), authentication(safes, password)))
}

/** What the readers of today still take: .NET allows 600000 in all. */
const iterations = 100_000

const pkcs7Data = '1.2.840.113549.1.7.1'
const pkcs7EncryptedData = '1.2.840.113549.1.7.6'
const shroudedKeyBag = '1.2.840.113549.1.12.10.1.2'
const certBag = '1.2.840.113549.1.12.10.1.3'
const x509Certificate = '1.2.840.113549.1.9.22.1'
const friendlyName = '1.2.840.113549.1.9.20'
const localKeyId = '1.2.840.113549.1.9.21'
const sha256 = '2.16.840.1.101.3.4.2.1'

function authentication(content: Uint8Array, password: Secret): Uint8Array {
  const salt = randomBytes(16)
  const digest = createHmac('sha256', macKey(password, salt)).update(content).digest()
  const algorithm = sequence(objectIdentifier(sha256), encode(0x05))
  return sequence(sequence(algorithm, encode(0x04, digest)), encode(0x04, salt), integer(iterations))
}

/** Appendix B.2 for one block: an HMAC key is as long as what SHA-256 gives. */
function macKey(password: Secret, salt: Uint8Array): Uint8Array {
  const blockBytes = 64
  const fill = (bytes: Uint8Array): Uint8Array => {
    const length = Math.ceil(bytes.length / blockBytes) * blockBytes
    return Uint8Array.from({ length }, (_, index) => bytes[index % bytes.length] ?? 0)
  }
  const secret = Buffer.concat([utf16(password.reveal()), Uint8Array.of(0, 0)])
  let key: Uint8Array = Buffer.concat([new Uint8Array(blockBytes).fill(3), fill(salt), fill(secret)])
  for (let round = 0; round < iterations; round++) key = hash('sha256', key, 'buffer')
  return key
}

function bag(type: string, value: Uint8Array, attributes?: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(type), explicit(value), ...(attributes ? [attributes] : []))
}

function certificate(of: Certificate): Uint8Array {
  return sequence(objectIdentifier(x509Certificate), explicit(encode(0x04, der(of))))
}

function attribute(type: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(type), set(value))
}

function dataContent(content: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(pkcs7Data), explicit(encode(0x04, content)))
}

function der({ pem }: Certificate): Uint8Array {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
}

/** Big-endian, as a BMPString has it. */
function utf16(text: string): Uint8Array {
  return Buffer.from(text, 'utf16le').swap16()
}

function sequence(...elements: Uint8Array[]): Uint8Array {
  return encode(0x30, ...elements)
}

function set(...elements: Uint8Array[]): Uint8Array {
  // DER: the elements of a SET stand in the order of their bytes.
  return encode(0x31, ...elements.toSorted((a, b) => Buffer.compare(a, b)))
}

function explicit(content: Uint8Array): Uint8Array {
  return encode(0xa0, content)
}
