import type { Cluster } from '../inventory/model.ts'

/** Where everything of one member lies on its host. */
export interface Layout {
  etcd: string
  etcdctl: string
  etcdutl: string
  /** What we know of the pushed binaries: so that a rerun need not hash 60 MB. */
  binarySums: string
  /** Of an own WAL folder: etcd makes the log as `member.tmp` beside it and renames it, which a mount point could not be. */
  walDir: string | undefined
  env: string
  tlsDir: string
  clientCa: string
  peerCa: string
  serverCert: string
  serverKey: string
  peerCert: string
  peerKey: string
  clientCrl: string
  peerCrl: string
  adminDir: string
  adminCa: string
  adminCert: string
  adminKey: string
  unit: string
  wrapper: string
  /** Outlives the data directory: that a cluster was formed, an unfinished operation. */
  stateDir: string
  formed: string
  operation: string
  /** Written by the unit itself, as etcd's user, once the member was ready. */
  readyDir: string
  wasReady: string
  /** Files that a restart replaced, until the member is back. */
  previousDir: string
  lockDir: string
}

export function layoutOf(cluster: Pick<Cluster, 'paths' | 'service'>): Layout {
  const { bin, config, wal } = cluster.paths
  const service = cluster.service.name
  const tls = `${config}/tls`
  // Its own folder beside `config`: the admin group may enter it without seeing the member's keys.
  const admin = `${config}-admin`
  const state = `/var/lib/etcd-deploy/${service}`
  return {
    etcd: `${bin}/etcd`,
    etcdctl: `${bin}/etcdctl`,
    etcdutl: `${bin}/etcdutl`,
    binarySums: `${bin}/.etcd-deploy.sums`,
    walDir: wal === undefined ? undefined : `${wal}/member`,
    env: `${config}/etcd.env`,
    tlsDir: tls,
    clientCa: `${tls}/client-ca.crt`,
    peerCa: `${tls}/peer-ca.crt`,
    serverCert: `${tls}/server.crt`,
    serverKey: `${tls}/server.key`,
    peerCert: `${tls}/peer.crt`,
    peerKey: `${tls}/peer.key`,
    clientCrl: `${tls}/client.crl`,
    peerCrl: `${tls}/peer.crl`,
    adminDir: admin,
    adminCa: `${admin}/ca.crt`,
    adminCert: `${admin}/admin.crt`,
    adminKey: `${admin}/admin.key`,
    unit: `/etc/systemd/system/${service}.service`,
    wrapper: `/usr/local/bin/${service === 'etcd' ? 'etcdctl' : `etcdctl-${service}`}`,
    stateDir: state,
    formed: `${state}/formed.json`,
    operation: `${state}/operation.json`,
    readyDir: `${state}/ready`,
    wasReady: `${state}/ready/was-ready`,
    previousDir: `${state}/previous`,
    lockDir: `/run/etcd-deploy/${service}`,
  }
}
