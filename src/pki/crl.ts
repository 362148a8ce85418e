import type { KeyPair } from './ca.ts'
import type { Certificate } from './certificate.ts'
import { integer } from './der.ts'
import { readKey } from './keys.ts'
import { revocationReasons } from './revocation-reasons.ts'
import type { RevocationReason } from './revocation-reasons.ts'
import { library, signing, wholeSeconds } from './x509.ts'

interface Revoked {
  /** Hex, of whichever CA: etcd compares serials alone, so that one file must hold every CA's revocations. */
  serial: string
  revokedAt: Date
  reason: RevocationReason
}

interface CrlRequest {
  revoked: readonly Revoked[]
  thisUpdate: Date
  nextUpdate: Date
  /** Grows with each CRL. */
  number: number
}

/** DER: etcd from 3.6 on reads nothing else. */
export async function makeCrl(ca: KeyPair, request: CrlRequest): Promise<Uint8Array> {
  const x509 = await library()
  const crl = await x509.X509CrlGenerator.create({
    issuer: new x509.X509Certificate(ca.certificate.pem).subjectName,
    thisUpdate: wholeSeconds(request.thisUpdate),
    nextUpdate: wholeSeconds(request.nextUpdate),
    entries: request.revoked.map(({ serial, revokedAt, reason }) => ({
      serialNumber: serial,
      revocationDate: wholeSeconds(revokedAt),
      // RFC 5280: an unspecified reason is left out.
      ...(reason === 'unspecified' ? {} : { reason: revocationReasons[reason] }),
    })),
    extensions: [
      ...(ca.certificate.keyId ? [new x509.AuthorityKeyIdentifierExtension(ca.certificate.keyId)] : []),
      new x509.Extension(crlNumber, false, integer(request.number)),
    ],
    ...(await signing(readKey(ca.key))),
  })
  return new Uint8Array(crl.rawData)
}

/** Whether this CA signed it. */
export async function crlSignedBy(der: Uint8Array, ca: Certificate): Promise<boolean> {
  const x509 = await library()
  const [crl, issuer] = [new x509.X509Crl(der), new x509.X509Certificate(ca.pem)]
  return crl.issuer === issuer.subject && (await crl.verify({ publicKey: issuer }))
}

const crlNumber = '2.5.29.20'
