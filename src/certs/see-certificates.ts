import { layoutOf } from '../etcd/layout.ts'
import type { Cluster } from '../inventory/model.ts'
import { readCertificates } from '../pki/certificate.ts'
import type { Certificate } from '../pki/certificate.ts'
import type { PkiStore } from '../pki/store.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { memberLeafName } from '../steps/member-leaf.ts'
import { seeHosts, type SeeContext } from '../steps/see-hosts.ts'
import type { Seen } from '../steps/seen.ts'
import { seeWire, type WireSeen } from '../status/wire.ts'
import type { SeenCertificate } from './certificate-entry.ts'

export interface CertificatesSeen {
  seen: SeenCertificate[]
  /** What could not be looked at, and why. */
  notSeen: { host: string; what: string; why: string }[]
}

/** Reads what hosts hold on their disks, and shakes hands with every member for what it serves. */
export async function seeCertificates(context: SeeContext, store: PkiStore): Promise<CertificatesSeen> {
  const { cluster, connections, signal } = context
  const credentials = store.leaf(adminName, 'client')
  const [seen, wires] = await Promise.all([
    seeHosts(context),
    Promise.all(
      cluster.nodes.map(async (node): Promise<[string, WireSeen][]> => {
        const connection = connections.get(node.name)
        if (connection === undefined || cluster.tls.mode === 'off') return []
        return [[node.name, await seeWire(cluster, node, connection, { credentials, signal })]]
      }),
    ),
  ])
  return certificatesSeen(cluster, seen, new Map(wires.flat()))
}

export function certificatesSeen(
  cluster: Cluster,
  { hosts }: Seen,
  wires: ReadonlyMap<string, WireSeen>,
): CertificatesSeen {
  const found: CertificatesSeen = { seen: [], notSeen: [] }
  for (const { name: host } of cluster.nodes) {
    const on = hosts.get(host)
    if (on?.kind === 'reached') {
      found.seen.push(...onDisk(cluster, host, (path) => on.files.get(path)?.text))
    } else found.notSeen.push({ host, what: 'its files', why: on?.error.message ?? 'it was not asked' })
    const wire = wires.get(host)
    for (const use of ['server', 'peer'] as const) {
      const served = wire?.[use]
      if (served?.kind === 'served')
        found.seen.push({
          host,
          where: 'served',
          use,
          name: memberLeafName(cluster, host),
          certificate: served.certificate,
        })
      else if (served !== undefined)
        found.notSeen.push({ host, what: `the ${use} certificate that it serves`, why: served.why })
    }
  }
  return found
}

function onDisk(cluster: Cluster, host: string, textOf: (path: string) => string | undefined): SeenCertificate[] {
  const at = layoutOf(cluster)
  const member = memberLeafName(cluster, host)
  const bundles = { 'client-ca.crt': at.clientCa, 'peer-ca.crt': at.peerCa, 'admin ca.crt': at.adminCa }
  const leaves = [
    { use: 'server', name: member, path: at.serverCert },
    { use: 'peer', name: member, path: at.peerCert },
    { use: 'client', name: adminName, path: at.adminCert },
  ] as const
  return [
    ...Object.entries(bundles).flatMap(([name, path]) =>
      certificatesIn(textOf(path)).map((certificate) => ({ use: 'CA' as const, name, certificate })),
    ),
    ...leaves.flatMap(({ path, ...about }) =>
      certificatesIn(textOf(path))
        .slice(0, 1)
        .map((certificate) => ({ ...about, certificate })),
    ),
  ].map((each) => ({ host, where: 'disk', ...each }))
}

/** A file that holds none is told of by `up`, which writes it anew. */
function certificatesIn(text: string | undefined): Certificate[] {
  try {
    return readCertificates(text ?? '')
  } catch {
    return []
  }
}
