import { DeployError } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { isDue } from '../pki/reissue.ts'
import type { Certificate } from '../pki/certificate.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { adminName } from './leaf-requests.ts'
import { memberLeafName } from './member-leaf.ts'
import { reachedHosts, type Seen } from './seen.ts'
import { isShutOut } from './shut-out.ts'

/** Certificates that a host's clock does not accept yet, its own and the CAs that it trusts; those that are revoked, and those that are due. */
export function validityProblems(cluster: Cluster, seen: Seen, store: PkiStore | undefined): Problem[] {
  if (store === undefined || cluster.tls.mode === 'off') return []
  const authorities = store.trust().peer.map((certificate) => ({ of: 'the CA', certificate }))
  return [
    ...reachedHosts(seen).flatMap(([host, on]) => {
      const own = memberLeaves(cluster, host, store).map(({ certificate }) => ({ of: 'its certificate', certificate }))
      return fromTheFuture(host, on.clock.hostMs, [...own, ...authorities])
    }),
    ...revoked(cluster, store),
    ...due(cluster, store),
  ]
}

function fromTheFuture(
  host: string,
  hostMs: number,
  certificates: readonly { of: string; certificate: Certificate }[],
): Problem[] {
  return certificates
    .filter(({ certificate }) => hostMs < certificate.notBefore.getTime())
    .slice(0, 1)
    .map(({ of, certificate }) => ({
      error: new DeployError({
        message: `the host's clock is before the beginning of ${of}: nobody could connect`,
        host,
        tried: 'compare the clock with the certificates',
        answered: `clock ${new Date(hostMs).toISOString()}, valid from ${certificate.notBefore.toISOString()}`,
        next: "put the host's clock right (chrony, systemd-timesyncd)",
      }),
    }))
}

function revoked(cluster: Cluster, store: PkiStore): Problem[] {
  const leaves = cluster.nodes
    .flatMap(({ name }) => memberLeaves(cluster, name, store))
    .filter(({ serial }) => store.isRevoked(serial))
  if (leaves.length === 0) return []
  const which = new Set(leaves.map(({ name, kind }) => `${name} (${kind})`))
  const error = new DeployError({
    message: `members have certificates that are revoked, with which the others refuse them: ${[...which].join(', ')}`,
    next: 'etcd-deploy rotate-certs',
  })
  return [{ error, warning: true }]
}

function due(cluster: Cluster, store: PkiStore): Problem[] {
  const leaves = [
    ...cluster.nodes.flatMap(({ name }) => memberLeaves(cluster, name, store)),
    ...clientLeaves(cluster, store),
  ]
  const now = new Date()
  const once = [...new Map(leaves.map((leaf) => [leaf.serial, leaf])).values()]
  const soon = once.filter(({ certificate }) => isDue(certificate, now))
  if (soon.length === 0) return []
  const first = soon.toSorted((a, b) => a.certificate.notAfter.getTime() - b.certificate.notAfter.getTime())[0]
  const end = first?.certificate.notAfter.toISOString().slice(0, 10)
  const which = soon.map(({ name, kind }) => `${name} (${kind})`).join(', ')
  const error = new DeployError({
    message: `certificates end soon, the first on ${end}: ${which}`,
    next: 'etcd-deploy rotate-certs',
  })
  return [{ error, warning: true }]
}

function memberLeaves(cluster: Cluster, host: string, store: PkiStore): StoredLeaf[] {
  const name = memberLeafName(cluster, host)
  return [store.leaf(name, 'server'), store.leaf(name, 'peer')].filter((leaf) => leaf !== undefined)
}

function clientLeaves(cluster: Cluster, store: PkiStore): StoredLeaf[] {
  return [adminName, ...Object.keys(cluster.tls.clients)]
    .map((name) => store.leaf(name, 'client'))
    .filter((leaf) => leaf !== undefined)
    .filter((leaf) => !isShutOut(store, leaf))
}
