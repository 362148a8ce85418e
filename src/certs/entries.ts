import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { authorityEntries } from './authority-entries.ts'
import type { CertificateEntry, SeenCertificate } from './certificate-entry.ts'
import { leafEntries } from './leaf-entries.ts'

/** Every certificate of a cluster: CAs, members', clients'. `former`: leaves that were replaced, read from the disk. */
export function certificateEntries(
  store: PkiStore,
  seen: readonly SeenCertificate[] = [],
  former: readonly StoredLeaf[] = [],
): CertificateEntry[] {
  return [...authorityEntries(store, seen), ...leafEntries(store, seen, former)]
}
