import { join } from 'node:path'

import { clientRequest } from '../certs/client-request.ts'
import { handoutFiles } from '../certs/handout.ts'
import { writeFiles } from '../certs/write-files.ts'
import { backdated } from '../pki/backdated.ts'
import { bundleOf } from '../pki/certificate.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { connectedClients } from '../steps/connected-clients.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { isShutOut } from '../steps/shut-out.ts'
import { newestOf } from './certs-issue.ts'
import type { Session } from './session.ts'

/** At a pause: writes what people must give to clients, names it, and says who may need it. */
export async function handOut(
  session: Session,
  store: PkiStore,
  { message, next }: { message: string; next: string },
): Promise<void> {
  const { cluster, emit } = session
  const leaves = await clientLeaves(session, store)
  const folder = join(store.folder, 'clients')
  // In pki/, which is its owner's alone.
  await writeFiles([
    { path: join(folder, 'ca.crt'), content: bundleOf(store.trust().client), mode: 0o600 },
    ...leaves.flatMap((leaf) =>
      handoutFiles(store, leaf).map(({ name, content }) => ({
        content,
        path: join(folder, leaf.name, name),
        mode: 0o600,
      })),
    ),
  ])
  emit({ type: 'note', message: `${message}; whom to trust now: ${join(folder, 'ca.crt')}` })
  for (const { name } of leaves)
    emit({ type: 'note', message: `for ${name}: ${join(folder, name)} (ca.crt, ${name}.crt, ${name}.key)` })
  if (cluster.tls.mode === 'mutual') emit({ type: 'note', message: await whoIsConnected(session) })
  emit({ type: 'note', message: `once every client has it: ${next}` })
}

/** Every client's, of the CA that issues now. */
async function clientLeaves({ cluster }: Session, store: PkiStore): Promise<StoredLeaf[]> {
  const names = new Set(
    store.issued.filter(({ kind, name }) => kind === 'client' && name !== adminName).map(({ name }) => name),
  )
  const wanted = [...names].filter(
    (name) => newestOf(store, name) !== undefined && !isShutOut(store, { name, kind: 'client' }),
  )
  const lacking = wanted.filter((name) => store.leaf(name, 'client') === undefined)
  if (lacking.length > 0) {
    const notBefore = backdated(Date.now())
    await store.issue(
      lacking.map((name) =>
        clientRequest(cluster, name, {}, { before: newestOf(store, name)?.certificate, notBefore }),
      ),
    )
  }
  return wanted.flatMap((name) => store.leaf(name, 'client') ?? [])
}

/** etcd tells nobody which certificate a client came with, nor whom it trusts. */
async function whoIsConnected(session: Session): Promise<string> {
  const clients = await connectedClients(session)
  const cannot = 'which certificate a client uses, and whom it trusts, cannot be seen from here'
  if (clients === undefined) return `${cannot}, nor who is connected: the hosts have no ss`
  if (clients.size === 0) return `${cannot}; no client but the hosts themselves is connected now`
  const list = [...clients].map(([address, hosts]) => `${address} (to ${hosts.join(', ')})`)
  return `${cannot}; connected now: ${list.join(', ')}`
}
