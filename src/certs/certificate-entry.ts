import type { Certificate } from '../pki/certificate.ts'
import type { LeafKind } from '../pki/leaf.ts'

export type Use = 'CA' | LeafKind

/** A certificate as a host has it on its disk, or serves it. */
export interface SeenCertificate {
  host: string
  where: 'disk' | 'served'
  use: Use
  /** The member's or client's; of a CA the file that holds it. */
  name: string
  certificate: Certificate
}

export type CertificateState =
  /** A CA: the one that issues; another that hosts shall trust; imported, and not used yet. A leaf: the one in use. */
  | 'issuing'
  | 'trusted'
  | 'imported'
  | 'current'
  /** Kept, and in use no more. */
  | 'former'
  | 'revoked'
  /** On hosts only. */
  | 'unknown'

/** One certificate and where it is: in `pki/`, on disks, on the wire. */
export interface CertificateEntry {
  use: Use
  name: string
  state: CertificateState
  /** Of its CA; of a CA its own. */
  generation: number | undefined
  inPki: Certificate | undefined
  seen: SeenCertificate[]
  /** Where the three differ, one line each. */
  mismatches: string[]
}
