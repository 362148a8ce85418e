import type { Passphrase } from '../pki/ca-key.ts'
import { passphraseFrom } from '../pki/passphrase.ts'
import type { Session } from './session.ts'

/** What opens the CA's key, where the inventory says that it is encrypted. */
export function pkiPassphrase({ cluster, reveal }: Pick<Session, 'cluster' | 'reveal'>): Passphrase | undefined {
  return passphraseFrom(cluster.pki.passphrase, reveal)
}
