import type { Passphrase } from '../pki/ca-key.ts'
import { passphraseFrom } from '../pki/passphrase.ts'
import type { PkiStore } from '../pki/store.ts'
import type { Session } from './session.ts'

/** What opens the CA's key, where the inventory says that it is encrypted. */
export function pkiPassphrase({ cluster, reveal }: Pick<Session, 'cluster' | 'reveal'>): Passphrase | undefined {
  return passphraseFrom(cluster.pki.passphrase, reveal)
}

/** Before an operation is recorded: a wrong passphrase must not leave one begun, which every other command would refuse to work beside. */
export async function provePassphrase(
  session: Pick<Session, 'cluster' | 'reveal'>,
  store: PkiStore | undefined,
): Promise<void> {
  if (store === undefined) await pkiPassphrase(session)?.('make')
  else await store.proveKey()
}
