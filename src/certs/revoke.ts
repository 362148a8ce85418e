import { DeployError, exitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import { ownClient } from '../inventory/rules.ts'
import { nearest } from '../nearest.ts'
import { canonicalSerial } from '../pki/certificate.ts'
import type { RevocationReason } from '../pki/revocation-reasons.ts'
import type { IssuedLeaf } from '../pki/state.ts'
import type { CrlTimes, PkiStore } from '../pki/store.ts'
import { memberLeafName, sharedLeafName } from '../steps/member-leaf.ts'

/** What a revocation comes to, before anything is written. */
export interface RevocationPlan {
  /** Not revoked yet. */
  serials: string[]
  /** Revoked before. */
  already: string[]
  /** To be told before it is done. */
  warnings: string[]
}

/** NAME: all certificates of that client, of a member where no client bears the name. SERIAL: that one. */
export function planRevocation(store: PkiStore, cluster: Pick<Cluster, 'nodes' | 'tls'>, what: string): RevocationPlan {
  const leaves = named(store, cluster, what) ?? bySerial(store, what)
  const serials = typeof leaves === 'string' ? [leaves] : leaves.map(({ serial }) => serial)
  if (typeof leaves !== 'string') refuseOwn(store, leaves)
  const [already, fresh] = [true, false].map((is) => serials.filter((serial) => store.isRevoked(serial) === is))
  return {
    serials: fresh ?? [],
    already: already ?? [],
    warnings: typeof leaves === 'string' ? [] : memberWarnings(cluster, leaves, fresh ?? []),
  }
}

/** Records it and makes the new revocation list; what hosts get is for the caller. */
export async function revoke(
  store: PkiStore,
  { serials }: Pick<RevocationPlan, 'serials'>,
  reason: RevocationReason,
  times: CrlTimes,
): Promise<void> {
  const revokedAt = times.thisUpdate.toISOString()
  await store.revoke(
    serials.map((serial) => ({ serial, revokedAt, reason })),
    times,
  )
}

function named(store: PkiStore, cluster: Pick<Cluster, 'nodes' | 'tls'>, name: string): IssuedLeaf[] | undefined {
  const clients = store.issued.filter((leaf) => leaf.name === name && leaf.kind === 'client')
  if (clients.length > 0) return clients
  const isMember = cluster.nodes.some((node) => node.name === name)
  const names = [name, ...(isMember ? [memberLeafName(cluster, name)] : [])]
  const members = store.issued.filter((leaf) => names.includes(leaf.name))
  return members.length > 0 ? members : undefined
}

/** A serial alone: one that others issued from a CA which was imported. */
function bySerial(store: PkiStore, what: string): IssuedLeaf[] | string {
  const serial = canonicalSerial(what.replace(/^0x/i, '').replaceAll(':', ''))
  const leaf = store.issued.find((each) => each.serial === serial)
  if (leaf !== undefined) return [leaf]
  const foreign = store.authorities.some(({ imported }) => imported)
  if (foreign && /^[0-9A-F]{1,40}$/.test(serial)) return serial
  const close = nearest(what, [...new Set(store.issued.map(({ name }) => name))])
  throw new DeployError({
    message: `nothing was issued here under the name or serial ${what}`,
    next: close === undefined ? 'etcd-deploy certs list --all shows what was.' : `Did you mean ${close}?`,
    exitCode: exitCode.usage,
  })
}

/** The certificate with which this tool asks the cluster: without it nobody could be told of the revocation. */
function refuseOwn(store: PkiStore, leaves: readonly IssuedLeaf[]): void {
  const inUse = store.trusted.flatMap((ca) => store.leaf(ownClient, 'client', ca)?.serial ?? [])
  if (!leaves.some(({ serial }) => inUse.includes(serial))) return
  throw new DeployError({
    message: `${ownClient} is in use by the hosts' own etcdctl`,
    next: 'etcd-deploy rotate-certs --only client gives them a new one; then revoke the old one by its serial.',
    exitCode: exitCode.refused,
  })
}

function memberWarnings(
  cluster: Pick<Cluster, 'nodes' | 'tls'>,
  leaves: readonly IssuedLeaf[],
  fresh: readonly string[],
): string[] {
  const names = new Set(
    leaves.flatMap(({ name, kind, serial }) => (kind !== 'client' && fresh.includes(serial) ? name : [])),
  )
  // One that has left is dialled by nobody.
  const inUse = [...names].filter((name) => name === sharedLeafName || cluster.nodes.some((node) => node.name === name))
  return inUse.map((name) =>
    name === sharedLeafName
      ? 'it is the certificate of all members: none of them could connect to another any more, once links are made anew. ' +
        'etcd-deploy rotate-certs gives them another first.'
      : `${name} is a member: the others will refuse connections that it opens with this certificate, but go on dialling it. ` +
        `A revocation does not evict a peer: etcd-deploy member remove ${name} does.`,
  )
}
