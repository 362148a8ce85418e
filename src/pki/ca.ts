import { createPublicKey } from 'node:crypto'
import type { Subject } from '../inventory/model.ts'
import type { Secret } from '../secret.ts'
import { readCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { keyPem, makeKey } from './keys.ts'
import type { KeyAlgorithm } from './keys.ts'
import { library, nameOf, randomSerial, signing, wholeSeconds } from './x509.ts'

/** A certificate with its private key (PKCS#8, PEM). */
export interface KeyPair {
  certificate: Certificate
  key: Secret
}

export interface CaRequest {
  cluster: string
  /** Counts the CAs of a cluster: two of them must not share a subject, or a verifier may pick the wrong one. */
  generation: number
  key: KeyAlgorithm
  subject: Subject
  notBefore: Date
  years: number
}

/** A self-signed CA that signs leaves and CRLs, and no other CA. */
export async function makeCa(request: CaRequest): Promise<KeyPair> {
  const [x509, key] = await Promise.all([library(), makeKey(request.key)])
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const notBefore = wholeSeconds(request.notBefore)
  const notAfter = new Date(notBefore)
  notAfter.setUTCFullYear(notBefore.getUTCFullYear() + request.years)
  const name = nameOf(x509, { ...request.subject, cn: `etcd CA ${request.cluster} ${request.generation}` })
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: name,
    issuer: name,
    notBefore,
    notAfter,
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
    ...(await signing(key)),
  })
  return { certificate: readCertificate(new Uint8Array(made.rawData)), key: keyPem(key) }
}
