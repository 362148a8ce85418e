import { join, resolve } from 'node:path'

import { refuseReserved } from '../certs/client-request.ts'
import { DeployError, exitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import { leafPath } from '../pki/files.ts'
import type { PkiStore } from '../pki/store.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { isShutOut } from '../steps/shut-out.ts'
import { newestOf } from './certs-issue.ts'
import type { ClientAccess } from './client-settings.ts'

export interface ClientFiles {
  /** Undefined: TLS is off, or the members ask nobody for a certificate. */
  client?: string
  files: Omit<ClientAccess, 'endpoints'>
}

/** Files for a client as `certs export` writes them into a folder, which may be another machine's. */
export function filesIn({ tls }: Cluster, store: PkiStore, folder: string, wanted: string | undefined): ClientFiles {
  const dir = resolve(folder)
  const caFile = join(dir, 'ca.crt')
  if (tls.mode === 'server') return { files: { caFile } }
  if (wanted !== undefined) refuseReserved(wanted)
  const client = clientNamed(store, wanted) ?? onlyClient(store)
  return { client, files: { caFile, certFile: join(dir, `${client}.crt`), keyFile: join(dir, `${client}.key`) } }
}

/** Files where they lie in `pki/`: the admin's, or those of the client that is named. */
export function filesInPki({ tls }: Cluster, store: PkiStore, wanted: string | undefined): ClientFiles {
  const caFile = trustedCa(store)
  if (tls.mode === 'server') return { files: { caFile } }
  const client = clientNamed(store, wanted) ?? adminName
  const leaf = newestOf(store, client)
  if (leaf === undefined)
    throw new DeployError({
      message: `${store.folder} has no client certificate ${client} yet`,
      next: client === adminName ? 'etcd-deploy up makes it' : `etcd-deploy certs issue ${client} makes one`,
    })
  const certFile = leafPath(store.folder, leaf)
  return { client, files: { caFile, certFile, keyFile: certFile.replace(/\.crt$/, '.key') } }
}

function trustedCa({ trusted, authorities, folder }: PkiStore): string {
  const [only, ...others] = authorities.filter(({ generation }) => trusted.includes(generation))
  if (only !== undefined && others.length === 0) return join(folder, String(only.revision), 'ca.crt')
  throw new DeployError({
    message: 'a CA rotation is under way: clients must trust two CAs, which are in no single file of pki/',
    next: 'etcd-deploy certs export NAME --format pem --out DIR writes one; then give --dir DIR',
  })
}

function clientNamed(store: PkiStore, name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const next = `etcd-deploy certs issue ${name} makes one`
  if (newestOf(store, name) === undefined)
    throw new DeployError({ message: `there is no client certificate ${name}`, next, exitCode: exitCode.usage })
  if (isShutOut(store, { name, kind: 'client' }))
    throw new DeployError({ message: `the client certificate ${name} is revoked: members refuse it`, next })
  return name
}

function onlyClient(store: PkiStore): string {
  const issued = store.issued.filter(({ kind, name }) => kind === 'client' && name !== adminName)
  const names = [...new Set(issued.map(({ name }) => name))].filter(
    (name) => newestOf(store, name) !== undefined && !isShutOut(store, { name, kind: 'client' }),
  )
  const [only, ...others] = names
  if (only === undefined)
    throw new DeployError({
      message: 'there is no client certificate for it yet',
      next: 'etcd-deploy certs issue NAME makes one; so does up for each of tls.clients in the inventory',
    })
  if (others.length === 0) return only
  throw new DeployError({
    message: `there are several clients: ${names.join(', ')}`,
    next: '--client NAME says which one it is for',
    exitCode: exitCode.usage,
  })
}
