import type { Subject } from '../inventory/model.ts'
import type { KeyPair } from './ca.ts'
import { matchesKey, signedBy } from './certificate.ts'
import type { Certificate, DistinguishedName } from './certificate.ts'
import { usagesOf } from './leaf.ts'
import type { LeafRequest } from './leaf.ts'

/** What a leaf is held against; its age is no part of it: `daysLeft` says when one is due. */
export type LeafWanted = Omit<LeafRequest, 'notBefore' | 'days'> & {
  ca: Certificate
  /** Addresses that it need not name, and that are no reason to replace it where it does. */
  mayName?: ReadonlySet<string>
}

/** Why this leaf cannot stay: one line for each difference. None: it is right, and a rerun leaves it alone. */
export function reissueReasons(leaf: KeyPair, wanted: LeafWanted): string[] {
  const { certificate } = leaf
  const lacking = usagesOf(wanted.kind).filter((usage) => !certificate.usages.includes(usage))
  return [
    ...(signedBy(certificate, wanted.ca)
      ? []
      : [`it is signed by "${certificate.issuer}", not by "${wanted.ca.subject}"`]),
    ...(matchesKey(certificate, leaf.key) ? [] : ['the private key belongs to another certificate']),
    ...(certificate.key === wanted.key ? [] : [`its key is ${certificate.key}, wanted ${wanted.key}`]),
    ...subjectReasons(certificate.name, { ...wanted.subject, cn: wanted.cn }),
    ...setReasons(certificate, wanted),
    // Without any extended key usage a certificate is good for all of them.
    ...(certificate.usages.length > 0 ? lacking.map((usage) => `it lacks the extended key usage ${usage}`) : []),
  ]
}

/** Whole days until it expires; negative: expired so many days ago. */
export function daysLeft(certificate: Certificate, now: Date): number {
  return Math.floor((certificate.notAfter.getTime() - now.getTime()) / 86_400_000)
}

/** Certificates that end within so many days are told of: time enough to renew them without haste. */
const dueDays = 30

export function isDue(certificate: Certificate, now: Date): boolean {
  return daysLeft(certificate, now) < dueDays
}

const words: Record<keyof DistinguishedName | keyof Subject, string> = {
  cn: 'common name',
  organization: 'organization',
  organizationalUnit: 'organizational unit',
  country: 'country',
  province: 'province',
  locality: 'locality',
}

function subjectReasons(seen: DistinguishedName, wanted: DistinguishedName): string[] {
  const fields = Object.keys(words) as (keyof DistinguishedName)[]
  return fields
    .filter((field) => seen[field] !== wanted[field])
    .map((field) => `its ${words[field]} is ${quoted(seen[field])}, wanted ${quoted(wanted[field])}`)
}

function setReasons(certificate: Certificate, wanted: LeafWanted): string[] {
  const seen = new Set([...certificate.dnsNames, ...certificate.ipAddresses])
  const names = new Set([...wanted.dnsNames, ...wanted.ipAddresses])
  const missing = [...names].filter((name) => !seen.has(name))
  const surplus = [...seen].filter((name) => !names.has(name) && wanted.mayName?.has(name) !== true)
  return [
    ...(missing.length > 0 ? [`it does not name ${missing.join(', ')}`] : []),
    ...(surplus.length > 0 ? [`it names ${surplus.join(', ')}`] : []),
  ]
}

function quoted(value: string | undefined): string {
  return value === undefined ? 'not set' : `"${value}"`
}
