import { randomBytes } from 'node:crypto'
import type { KeyObject, webcrypto } from 'node:crypto'
import type { Name } from '@peculiar/x509'
import type { DistinguishedName } from './certificate.ts'
import { signingAlgorithm } from './keys.ts'
import type { SigningAlgorithm } from './keys.ts'

export type Library = typeof import('@peculiar/x509')

/** Loaded when something is made, not when something is read: a rerun that changes nothing never pays for it. */
export async function library(): Promise<Library> {
  // The library's container asks for Reflect.getMetadata as it loads.
  await import('reflect-metadata/lite')
  return import('@peculiar/x509')
}

interface Signing {
  signingKey: webcrypto.CryptoKey
  signingAlgorithm: SigningAlgorithm
}

export async function signing(key: KeyObject): Promise<Signing> {
  const algorithm = signingAlgorithm(key)
  return { signingKey: key.toCryptoKey(algorithm, false, ['sign']), signingAlgorithm: algorithm }
}

/** Attributes from the widest to the narrowest, the common name last; each value verbatim, whatever characters it holds. */
export function nameOf(x509: Library, name: DistinguishedName): Name {
  const attributes: [string, object | undefined][] = [
    ['C', name.country === undefined ? undefined : { printableString: name.country }],
    ['ST', utf8(name.province)],
    ['L', utf8(name.locality)],
    ['O', utf8(name.organization)],
    ['OU', utf8(name.organizationalUnit)],
    ['CN', utf8(name.cn)],
  ]
  return new x509.Name(attributes.flatMap(([type, value]) => (value === undefined ? [] : [{ [type]: [value] }])))
}

/** 128 bits, positive, never with a leading zero: every tool prints the same 32 digits. */
export function randomSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

/** Certificates count whole seconds. */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000)
}

function utf8(value: string | undefined): object | undefined {
  return value === undefined ? undefined : { utf8String: value }
}
