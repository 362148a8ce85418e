import { X509Certificate, createPublicKey } from 'node:crypto'
import { DeployError, exitCode } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { elements, extensionsOf } from './der.ts'
import { subjectOf } from './distinguished-name.ts'
import type { DistinguishedName } from './distinguished-name.ts'
import { keyAlgorithm, readKey } from './keys.ts'
import { ipOf } from './sans.ts'
import type { Sans } from './sans.ts'

/** A certificate, ours or a foreign one, read once; comparing needs nothing else. */
export interface Certificate extends Sans {
  pem: string
  /** On one line, in the certificate's order: `O=Example, CN=etcd CA prod 1`. */
  subject: string
  issuer: string
  /** The subject's fields that an inventory can set. */
  name: DistinguishedName
  /** Upper-case hex without leading zeros, as openssl prints it. */
  serial: string
  notBefore: Date
  notAfter: Date
  /** SHA-256 of the DER: upper-case hex with colons, as openssl prints it. */
  fingerprint: string
  /** `ecdsa-p256`, `rsa-2048`, …; for other keys their own name. */
  key: string
  isCa: boolean
  /** Subject and authority key identifier, lower-case hex. */
  keyId?: string
  authorityKeyId?: string
  /** Extended key usages; none: usable for anything. */
  usages: string[]
}

export type { DistinguishedName } from './distinguished-name.ts'

/** PEM (text around it is skipped; of a bundle the first) or DER. */
export function readCertificate(source: string | Uint8Array): Certificate {
  const x509 = parse(source)
  const extensions = extensionsOf(x509.raw)
  const names = elements(elements(extensions.get(oid.subjectAltName) ?? empty)[0]?.content ?? empty)
  const keyId = hex(elements(extensions.get(oid.subjectKeyId) ?? empty)[0]?.content)
  const authority = elements(elements(extensions.get(oid.authorityKeyId) ?? empty)[0]?.content ?? empty)
  const authorityKeyId = hex(authority.find((element) => element.tag === tag.keyIdentifier)?.content)
  return {
    pem: x509.toString(),
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    name: subjectOf(x509.raw),
    serial: canonicalSerial(x509.serialNumber),
    dnsNames: names
      .filter((name) => name.tag === tag.dnsName)
      .map((name) => Buffer.from(name.content).toString('latin1')),
    ipAddresses: names.filter((name) => name.tag === tag.ipAddress).map((name) => ipOf(name.content)),
    notBefore: x509.validFromDate,
    notAfter: x509.validToDate,
    fingerprint: x509.fingerprint256,
    key: keyAlgorithm(x509.publicKey),
    isCa: x509.ca,
    ...(keyId && { keyId }),
    ...(authorityKeyId && { authorityKeyId }),
    usages: (x509.keyUsage ?? []).map((usage) => usageNames[usage] ?? usage),
  }
}

/** Every certificate of a PEM bundle, in its order. */
export function readCertificates(bundle: string): Certificate[] {
  return (bundle.match(pemCertificate) ?? []).map((pem) => readCertificate(pem))
}

/** A PEM bundle. */
export function bundleOf(certificates: readonly Certificate[]): string {
  return certificates.map((certificate) => certificate.pem).join('')
}

/** Whether `ca` signed it: the names, the key identifiers and the signature. */
export function signedBy(certificate: Certificate, ca: Certificate): boolean {
  const [x509, issuer] = [parse(certificate.pem), parse(ca.pem)]
  return x509.checkIssued(issuer) && x509.verify(issuer.publicKey)
}

export function matchesKey(certificate: Certificate, key: Secret): boolean {
  const publicKey = createPublicKey(readKey(key))
  return parse(certificate.pem).publicKey.equals(publicKey)
}

/** Serials are compared as text: one case, no leading zeros. */
export function canonicalSerial(serial: string): string {
  return serial.toUpperCase().replace(/^0+(?=.)/, '')
}

const oid = { subjectAltName: '551d11', subjectKeyId: '551d0e', authorityKeyId: '551d23' }
const tag = { dnsName: 0x82, ipAddress: 0x87, keyIdentifier: 0x80 }
const usageNames: Record<string, string> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '2.5.29.37.0': 'any',
}
const pemCertificate = /-----BEGIN (?:X509 )?CERTIFICATE-----[^-]+-----END (?:X509 )?CERTIFICATE-----/g
const empty = new Uint8Array()

function parse(source: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(source)
  } catch (cause) {
    throw new DeployError({ message: 'not a certificate in PEM or DER', exitCode: exitCode.usage, cause })
  }
}

/** Node writes one attribute a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ')
}

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex')
}
