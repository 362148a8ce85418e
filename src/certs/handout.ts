import { bundleOf } from '../pki/certificate.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import type { Secret } from '../secret.ts'

/** A file for a client. */
export interface HandoutFile {
  name: string
  content: string | Secret
  mode: number
}

/** What a client needs: whom to trust now (in a CA rotation both CAs), and who it is. */
export function handoutFiles(store: PkiStore, leaf: StoredLeaf): HandoutFile[] {
  return [
    { name: 'ca.crt', content: bundleOf(store.trust().client), mode: 0o644 },
    { name: `${leaf.name}.crt`, content: leaf.certificate.pem, mode: 0o644 },
    { name: `${leaf.name}.key`, content: leaf.key, mode: 0o600 },
  ]
}
