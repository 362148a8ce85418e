import type { PkiStore } from '../pki/store.ts'
import type { CertificateEntry, SeenCertificate } from './certificate-entry.ts'

/** CAs: those of `pki/`, and those that hosts trust without it. */
export function authorityEntries(store: PkiStore, seen: readonly SeenCertificate[]): CertificateEntry[] {
  const held = seen.filter(({ use }) => use === 'CA')
  const files = new Map(held.map(({ host, name }) => [`${host} ${name}`, { host, name }]))
  const ours = store.authorities.map(({ generation, certificate }): CertificateEntry => {
    const here = held.filter((each) => each.certificate.fingerprint === certificate.fingerprint)
    const trusted = store.trusted.includes(generation)
    const awaited = generation === store.importedTarget
    const lacking = [...files.values()].filter(
      ({ host, name }) => !here.some((each) => each.host === host && each.name === name),
    )
    return {
      use: 'CA',
      name: String(generation),
      state: generation === store.generation ? 'issuing' : trusted ? 'trusted' : awaited ? 'imported' : 'former',
      generation,
      inPki: certificate,
      seen: here,
      mismatches: trusted
        ? lacking.map(({ host, name }) => `${host} does not trust it (${name})`)
        : here.map(({ host, name }) => `${host} trusts it (${name}), pki/ does not`),
    }
  })
  const known = new Set(store.authorities.map(({ certificate }) => certificate.fingerprint))
  const strange = Map.groupBy(
    held.filter(({ certificate }) => !known.has(certificate.fingerprint)),
    ({ certificate }) => certificate.fingerprint,
  )
  const others = [...strange.values()].map((here): CertificateEntry => ({
    use: 'CA',
    name: '',
    state: 'unknown',
    generation: undefined,
    inPki: undefined,
    seen: here,
    mismatches: here.map(({ host, name }) => `${host} trusts it (${name}), pki/ does not know it`),
  }))
  return [...ours, ...others]
}
