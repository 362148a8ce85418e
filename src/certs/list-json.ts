import type { Certificate } from '../pki/certificate.ts'
import { daysLeft } from '../pki/reissue.ts'
import type { PkiStore } from '../pki/store.ts'
import type { CertificateEntry } from './certificate-entry.ts'
import type { CertificatesSeen } from './see-certificates.ts'

/** What `certs list --json` prints; `null`: there is none. */
export function listJson(
  cluster: string,
  store: PkiStore,
  entries: readonly CertificateEntry[],
  due: readonly CertificateEntry[],
  { now, notSeen }: { now: Date; notSeen: CertificatesSeen['notSeen'] },
) {
  return {
    v: 1,
    type: 'certificates',
    cluster,
    time: now.toISOString(),
    revision: store.revision,
    ca: { issues: store.generation, trusted: store.trusted, imported: store.importedTarget ?? null },
    revocationList: { revoked: store.revoked.length, nextUpdate: store.crlNextUpdate.toISOString() },
    certificates: entries.map((entry) => ({
      use: entry.use,
      name: entry.name,
      state: entry.state,
      generation: entry.generation ?? null,
      pki: entry.inPki === undefined ? null : facts(entry.inPki, now),
      seen: entry.seen.map(({ host, where, use, name, certificate }) => ({
        host,
        where,
        ...(use === 'CA' && { file: name }),
        ...facts(certificate, now),
      })),
      mismatches: entry.mismatches,
      due: due.includes(entry),
    })),
    notSeen,
  }
}

/** Those in use that end within so many days, wherever they are. */
export function dueEntries(entries: readonly CertificateEntry[], maxDays: number, now: Date): CertificateEntry[] {
  return entries.filter((entry) => {
    const inUse = ['issuing', 'trusted', 'current'].includes(entry.state) ? entry.inPki : undefined
    const all = [...(inUse ? [inUse] : []), ...entry.seen.map(({ certificate }) => certificate)]
    return all.some((certificate) => daysLeft(certificate, now) < maxDays)
  })
}

function facts(certificate: Certificate, now: Date) {
  const { subject, issuer, dnsNames, ipAddresses, serial, fingerprint, key, notBefore, notAfter } = certificate
  return {
    subject,
    issuer,
    sans: [...dnsNames, ...ipAddresses],
    serial,
    fingerprint,
    key,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    daysLeft: daysLeft(certificate, now),
  }
}
