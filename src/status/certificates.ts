import { layoutOf } from '../etcd/layout.ts'
import { readCertificates, type Certificate } from '../pki/certificate.ts'
import { daysLeft, isDue } from '../pki/reissue.ts'
import { reached } from '../steps/seen.ts'
import type { CertificateDue, CertificateStatus } from './model.ts'
import type { StatusReading } from './reading.ts'
import type { ServedSeen } from './wire.ts'

/** The certificates of one member, as it serves them; what is on its disk only where that was not seen. */
export function certificates(reading: StatusReading, name: string): CertificateStatus[] {
  const { cluster, wire, now } = reading
  if (cluster.tls.mode === 'off' || !cluster.nodes.some((node) => node.name === name)) return []
  const at = layoutOf(cluster)
  const seen = wire.get(name)
  return [
    certificateStatus('server', seen?.server, onDisk(reading, name, at.serverCert), now),
    certificateStatus('peer', seen?.peer, onDisk(reading, name, at.peerCert), now),
  ]
}

/** What expires soon: members' certificates as served, the admin's and the CAs as they lie on the hosts. */
export function certificatesDue(reading: StatusReading): CertificateDue[] {
  const { cluster, now } = reading
  if (cluster.tls.mode === 'off') return []
  const at = layoutOf(cluster)
  const due = cluster.nodes.flatMap(({ name: host }) => {
    const members = certificates(reading, host).flatMap(({ use, notAfter, daysLeft: days, due: isDue }) =>
      isDue && notAfter !== null && days !== null ? [{ host, use, notAfter, daysLeft: days }] : [],
    )
    const files = (
      [
        ['admin', at.adminCert],
        ['CA', at.peerCa],
        ['CA', at.clientCa],
      ] as const
    ).flatMap(([use, path]) =>
      lastOf(onDisk(reading, host, path))
        .map((certificate) => ({ ...validity(certificate, now), use }))
        .flatMap(({ due: isDue, ...about }) => (isDue ? [{ host, ...about }] : [])),
    )
    return [...members, ...files]
  })
  return due.filter((one, index) => due.findIndex((other) => isSame(one, other)) === index)
}

/** Members whose client or peer port serves another certificate than lies on their disk. */
export function servedElsewhere(reading: StatusReading): { host: string; message: string; next: string[] }[] {
  const { cluster, wire } = reading
  const at = layoutOf(cluster)
  return cluster.nodes.flatMap(({ name: host }) =>
    (
      [
        ['server', at.serverCert],
        ['peer', at.peerCert],
      ] as const
    ).flatMap(([use, path]) => {
      const served = wire.get(host)?.[use]
      const [file] = onDisk(reading, host, path)
      if (served?.kind !== 'served' || file === undefined) return []
      const { serial, fingerprint } = served.certificate
      if (fingerprint === file.fingerprint) return []
      const message = `it serves another ${use} certificate (serial ${serial}) than ${path} holds (serial ${file.serial})`
      return [{ host, message, next: ['etcd reads the file at every handshake: is another program on the port?'] }]
    }),
  )
}

function certificateStatus(
  use: 'server' | 'peer',
  served: ServedSeen | undefined,
  [file]: Certificate[],
  now: Date,
): CertificateStatus {
  if (served?.kind === 'served') {
    const { certificate } = served
    return { use, seen: 'served', notServed: null, serial: certificate.serial, ...validity(certificate, now) }
  }
  const notServed = served?.why ?? 'not looked at'
  if (file === undefined)
    return { use, seen: 'not-seen', notServed, serial: null, notAfter: null, daysLeft: null, due: false }
  return { use, seen: 'file', notServed, serial: file.serial, ...validity(file, now) }
}

function validity(certificate: Certificate, now: Date): { notAfter: string; daysLeft: number; due: boolean } {
  const { notAfter } = certificate
  return { notAfter: notAfter.toISOString(), daysLeft: daysLeft(certificate, now), due: isDue(certificate, now) }
}

function onDisk({ seen }: StatusReading, host: string, path: string): Certificate[] {
  const text = reached(seen, host)?.files.get(path)?.text
  if (text === undefined) return []
  try {
    return readCertificates(text)
  } catch {
    return []
  }
}

/** Of a bundle the one that lasts longest: in a CA rotation the old one may end. */
function lastOf(bundle: Certificate[]): Certificate[] {
  return bundle.toSorted((a, b) => b.notAfter.getTime() - a.notAfter.getTime()).slice(0, 1)
}

/** Client and peer CA are the same one as a rule, on every host: told once. */
function isSame(one: CertificateDue, other: CertificateDue): boolean {
  if (one.use !== other.use || one.notAfter !== other.notAfter) return false
  return one.use === 'CA' || one.use === 'admin' || one.host === other.host
}
