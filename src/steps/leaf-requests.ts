import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Endpoints, Node } from '../inventory/model.ts'
import { ownClient } from '../inventory/rules.ts'
import { bundleOf } from '../pki/certificate.ts'
import type { LeafRequest } from '../pki/leaf.ts'
import { sansOf } from '../pki/sans.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { bytesContent, type FileWant } from './file-want.ts'
import { memberLeafName } from './member-leaf.ts'
import { sourceAddresses } from './own-addresses.ts'
import type { ReachedHost } from './seen.ts'

export type NamedRequest = Omit<LeafRequest, 'notBefore'> & { name: string }

/** The client certificate with which `etcdctl` works on the hosts: etcd's user root may do everything, also with auth on. */
export const adminName = ownClient

/** Every leaf that this inventory asks for. */
export function leafRequests(cluster: Cluster, hosts: ReadonlyMap<string, ReachedHost>): NamedRequest[] {
  const { tls } = cluster
  if (tls.mode === 'off') return []
  const common = { subject: tls.subject, key: tls.key, days: tls.leafDays }
  const members = memberIdentities(cluster, hosts).flatMap(({ name, cn, names }) =>
    (['server', 'peer'] as const).map((kind) => ({ ...common, ...sansOf(names), kind, name, cn })),
  )
  const clients = Object.entries(tls.clients).map(([name, { cn, days, ...subject }]) => {
    return {
      ...common,
      subject: { ...tls.subject, ...subject },
      ...sansOf([]),
      kind: 'client' as const,
      name,
      cn,
      days: days ?? tls.leafDays,
    }
  })
  return [...members, { ...common, ...sansOf([]), kind: 'client', name: adminName, cn: 'root' }, ...clients]
}

interface Identity {
  name: string
  cn: string
  names: string[]
}

/** A shared certificate needs all hosts: without the addresses of one it would lock that member out. */
function memberIdentities(cluster: Cluster, hosts: ReadonlyMap<string, ReachedHost>): Identity[] {
  const each = cluster.nodes.flatMap((node) => {
    const host = hosts.get(node.name)
    const name = memberLeafName(cluster, node.name)
    return host === undefined ? [] : [{ name, cn: node.name, names: memberNames(cluster, node, host) }]
  })
  if (cluster.tls.certificates === 'each') return each
  const [first] = each
  if (first === undefined || each.length < cluster.nodes.length) return []
  return [{ name: first.name, cn: cluster.name, names: [...new Set(each.flatMap(({ names }) => names))] }]
}

/** What a member may be dialled by, and every address that a peer may see it come from. */
function memberNames(cluster: Cluster, node: Node, host: ReachedHost): string[] {
  const names = [
    node.name,
    ...host.hostNames,
    'localhost',
    '127.0.0.1',
    '::1',
    ...dialledAt(node),
    ...(node.formerly?.named === true ? dialledAt(node.formerly) : []),
    ...sourceAddresses(host),
    ...node.sans,
    ...cluster.tls.sans,
  ]
  return [...new Set(names)].filter((name) => !['0.0.0.0', '::'].includes(name))
}

function dialledAt({ peer, client }: Endpoints): string[] {
  return [peer.address, peer.listen, client.address, client.listen, ...client.advertise]
}

/**
 * Addresses that a certificate may name without having to: one that wanders between hosts and was named once costs no second
 * certificate. Not those of the inventory's nodes: after two members have changed places, neither may be taken for the other.
 */
export function unsettledAddresses(cluster: Cluster, hosts: ReadonlyMap<string, ReachedHost>): string[] {
  const settled = new Set(cluster.nodes.flatMap((node) => [node, node.formerly ?? []].flat().flatMap(dialledAt)))
  return [...hosts.values()]
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((address) => !settled.has(address))
}

/** The files of one member that come from `pki/`, grouped as they belong together. A leaf yet to be issued has a stand-in. */
export function certificateFiles(
  cluster: Cluster,
  node: Node,
  store: PkiStore | undefined,
  due: readonly Pick<NamedRequest, 'kind' | 'name'>[],
): { what: string; files: FileWant[] }[] {
  if (cluster.tls.mode === 'off') return []
  const at = layoutOf(cluster)
  const { user, group, adminGroup } = cluster.service
  const shared = { mode: 0o640, owner: 'root', group }
  const admins = { mode: 0o640, owner: 'root', group: adminGroup }
  const trust = trustBundles(store)
  const leaf = (name: string, kind: NamedRequest['kind']): StoredLeaf | undefined =>
    due.some((each) => each.name === name && each.kind === kind) ? undefined : store?.leaf(name, kind)
  const crl = store?.crl() ?? standIn('revocation list')
  return [
    {
      what: 'CA bundles and revocation lists',
      files: [
        certificate(at.clientCa, trust.client, shared),
        certificate(at.peerCa, trust.peer, shared),
        certificate(at.clientCrl, crl, shared),
        certificate(at.peerCrl, crl, shared),
      ],
    },
    pair(
      'server certificate',
      leaf(memberLeafName(cluster, node.name), 'server'),
      at.serverCert,
      at.serverKey,
      shared,
      {
        mode: 0o600,
        owner: user,
        group,
      },
    ),
    pair('peer certificate', leaf(memberLeafName(cluster, node.name), 'peer'), at.peerCert, at.peerKey, shared, {
      mode: 0o600,
      owner: user,
      group,
    }),
    {
      what: 'admin certificate',
      files: [
        certificate(at.adminCa, trust.client, admins),
        ...pair('', leaf(adminName, 'client'), at.adminCert, at.adminKey, admins, admins).files,
      ],
    },
  ]
}

export function trustBundles(store: PkiStore | undefined): { client: Uint8Array; peer: Uint8Array } {
  if (store === undefined) return { client: standIn('CA bundle'), peer: standIn('CA bundle') }
  const { client, peer } = store.trust()
  return { client: Buffer.from(bundleOf(client)), peer: Buffer.from(bundleOf(peer)) }
}

type Rights = Pick<FileWant, 'mode' | 'owner' | 'group'>

function pair(
  what: string,
  leaf: StoredLeaf | undefined,
  certPath: string,
  keyPath: string,
  certRights: Rights,
  keyRights: Rights,
): { what: string; files: FileWant[] } {
  const cert = leaf === undefined ? standIn(what) : Buffer.from(leaf.certificate.pem)
  const key = leaf === undefined ? standIn(what) : Buffer.from(leaf.key.reveal())
  return {
    what,
    files: [
      certificate(certPath, cert, certRights),
      { path: keyPath, ...keyRights, shows: 'secret', content: bytesContent(key) },
    ],
  }
}

function certificate(path: string, bytes: Uint8Array, rights: Rights): FileWant {
  return { path, ...rights, shows: 'certificate', content: bytesContent(bytes) }
}

function standIn(what: string): Uint8Array {
  return Buffer.from(`${what} that up will make`)
}
