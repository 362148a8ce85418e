import { createPublicKey } from 'node:crypto'
import { DeployError } from '../errors.ts'
import type { Subject } from '../inventory/model.ts'
import type { KeyPair } from './ca.ts'
import { readCertificate } from './certificate.ts'
import { keyPem, makeKey, readKey } from './keys.ts'
import type { KeyAlgorithm } from './keys.ts'
import type { Sans } from './sans.ts'
import { library, nameOf, randomSerial, signing, wholeSeconds } from './x509.ts'
import type { Library } from './x509.ts'

export type LeafKind = 'server' | 'peer' | 'client'

/** A leaf as it shall be; names and addresses as `sansOf` gives them. */
export interface LeafRequest extends Sans {
  kind: LeafKind
  cn: string
  subject: Subject
  key: KeyAlgorithm
  notBefore: Date
  days: number
}

export interface Leaf extends KeyPair {
  /** It ends with its CA, earlier than was asked. */
  clamped: boolean
}

export async function makeLeaf(ca: KeyPair, request: LeafRequest): Promise<Leaf> {
  const [x509, key] = await Promise.all([library(), makeKey(request.key)])
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const { notBefore, notAfter, clamped } = validity(ca, request)
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: nameOf(x509, { ...request.subject, cn: request.cn }),
    // The CA's own bytes: a foreign CA may have encoded its name in another way than we would.
    issuer: new x509.X509Certificate(ca.certificate.pem).subjectName,
    notBefore,
    notAfter,
    publicKey,
    extensions: await extensionsOf(x509, ca, request, publicKey),
    ...(await signing(readKey(ca.key))),
  })
  return { certificate: readCertificate(new Uint8Array(made.rawData)), key: keyPem(key), clamped }
}

/**
 * A server certificate needs clientAuth too: etcd's JSON gateway dials its own server with it (etcd issue 9785),
 * and a peer certificate serves both directions of every link.
 */
export function usagesOf(kind: LeafKind): string[] {
  return kind === 'client' ? ['clientAuth'] : ['serverAuth', 'clientAuth']
}

function validity(ca: KeyPair, request: LeafRequest): { notBefore: Date; notAfter: Date; clamped: boolean } {
  const notBefore = wholeSeconds(request.notBefore)
  const asked = new Date(notBefore.getTime() + request.days * 86_400_000)
  const end = ca.certificate.notAfter
  // Leaves begin a little in the past: one that nobody takes any more is none.
  if (end.getTime() <= Math.max(notBefore.getTime(), Date.now())) {
    throw new DeployError({
      message: `the CA "${ca.certificate.subject}" expired on ${end.toISOString()}: it can issue nothing any more`,
      next: 'etcd-deploy rotate-certs --ca makes a new one.',
    })
  }
  const clamped = asked > end
  return { notBefore, notAfter: clamped ? end : asked, clamped }
}

async function extensionsOf(x509: Library, ca: KeyPair, request: LeafRequest, publicKey: Buffer) {
  const names = [
    ...request.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...request.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ]
  const rsa = request.key.startsWith('rsa')
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags
  const usages = usagesOf(request.kind) as ('serverAuth' | 'clientAuth')[]
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(rsa ? digitalSignature | keyEncipherment : digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[usage])),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ...(ca.certificate.keyId ? [new x509.AuthorityKeyIdentifierExtension(ca.certificate.keyId)] : []),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ]
}
