import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import type { CertificateEntry, SeenCertificate, Use } from './certificate-entry.ts'

/** Members' and clients' certificates: members first, by name. */
export function leafEntries(
  store: PkiStore,
  seen: readonly SeenCertificate[],
  former: readonly StoredLeaf[],
): CertificateEntry[] {
  const key = ({ use, name }: { use: Use; name: string }): string => `${use}/${name}`
  const current = currentLeaves(store)
  const held = Map.groupBy(
    seen.filter(({ use }) => use !== 'CA'),
    key,
  )
  const inPki = current.map((leaf): CertificateEntry => {
    const here = held.get(key({ use: leaf.kind, name: leaf.name })) ?? []
    return {
      ...entryOf(store, leaf),
      seen: here,
      mismatches: here.flatMap((each) => mismatch(store, leaf, each, here)),
    }
  })
  const known = new Set(inPki.map(key))
  const onHosts = [...held].flatMap(([at, here]): CertificateEntry[] => {
    const [first] = here
    if (known.has(at) || first === undefined) return []
    const { use, name } = first
    const mismatches = here.map(({ host, certificate }) => `${host} has serial ${certificate.serial}, pki/ has none`)
    return [{ use, name, state: 'unknown', generation: undefined, inPki: undefined, seen: here, mismatches }]
  })
  const replaced = former.filter(({ serial }) => !current.some((leaf) => leaf.serial === serial))
  const old = replaced.map((leaf): CertificateEntry => {
    const entry = entryOf(store, leaf)
    return { ...entry, state: entry.state === 'revoked' ? 'revoked' : 'former' }
  })
  return [...inPki, ...onHosts, ...old].toSorted(byUseAndName)
}

/** Of each name and kind the one that the CA issued which issues now; in a CA rotation perhaps still the other's. */
function currentLeaves(store: PkiStore): StoredLeaf[] {
  const current = new Map<string, StoredLeaf>()
  for (const ca of [...store.trusted.filter((each) => each !== store.generation), store.generation]) {
    for (const { name, kind } of store.issued) {
      const leaf = store.leaf(name, kind, ca)
      if (leaf !== undefined) current.set(`${kind}/${name}`, leaf)
    }
  }
  return [...current.values()]
}

function entryOf(store: PkiStore, { name, kind, ca, serial, certificate }: StoredLeaf): CertificateEntry {
  const state = store.isRevoked(serial) ? 'revoked' : 'current'
  return { use: kind, name, state, generation: ca, inPki: certificate, seen: [], mismatches: [] }
}

function mismatch(
  store: PkiStore,
  leaf: StoredLeaf,
  { host, where, certificate }: SeenCertificate,
  here: readonly SeenCertificate[],
): string[] {
  const { serial, fingerprint } = certificate
  const file = here.find((each) => each.host === host && each.where === 'disk')
  // What is served from the file that differs is told of once.
  if (where === 'served' && file?.certificate.fingerprint === fingerprint) return []
  if (fingerprint === leaf.certificate.fingerprint) {
    return where === 'served' && file !== undefined
      ? [`${host} serves it, but its disk has ${file.certificate.serial}`]
      : []
  }
  const verb = where === 'served' ? 'serves' : 'has on its disk'
  const what = store.knows(serial) ? `the former serial ${serial}` : `serial ${serial}, which pki/ does not know`
  return [`${host} ${verb} ${what}`]
}

const order: Use[] = ['CA', 'server', 'peer', 'client']

function byUseAndName(one: CertificateEntry, other: CertificateEntry): number {
  const member = ({ use }: CertificateEntry): number => (use === 'client' ? 1 : 0)
  return (
    member(one) - member(other) ||
    one.name.localeCompare(other.name) ||
    order.indexOf(one.use) - order.indexOf(other.use)
  )
}
