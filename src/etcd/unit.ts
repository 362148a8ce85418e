import type { Cluster, Node } from '../inventory/model.ts'
import { layoutOf } from './layout.ts'

/** First line of every file of ours: how a host tells them from a hand-made unit. */
export function managedHeader(cluster: Cluster): string {
  return `# Managed by etcd-deploy for cluster ${cluster.name}; changes made here are drift and will be undone.`
}

/** The systemd unit of one member, for the systemd version of its host. */
export function unitText(cluster: Cluster, node: Node, systemd: number): string {
  const { paths, service } = cluster
  const at = layoutOf(cluster)
  const own = marksAsRoot(systemd)
  const plus = own ? '+' : ''
  const writable = [paths.data, ...(paths.wal === undefined ? [] : [paths.wal]), ...(own ? [] : [at.readyDir])]
  return `${managedHeader(cluster)}
[Unit]
Description=etcd member ${node.name} of cluster ${cluster.name}
Documentation=https://etcd.io/docs/
Wants=network-online.target
After=network-online.target time-sync.target
RequiresMountsFor=${[paths.data, ...(paths.wal === undefined ? [] : [paths.wal])].join(' ')}

[Service]
Type=notify
User=${service.user}
Group=${service.group}
EnvironmentFile=${at.env}
# A member that was ready once and finds no data would join again as a blank one, and data would silently diverge.
ExecStartPre=${plus}/bin/sh -c '${missingDataGuard(cluster)}'
ExecStart=${at.etcd}
ExecStartPost=${plus}/bin/sh -c ': >> ${at.wasReady}'
Restart=on-failure
RestartSec=5
# READY=1 comes with quorum only, which may take as long as the other members do.
TimeoutStartSec=0
LimitNOFILE=65536
Nice=-10
IOSchedulingClass=best-effort
IOSchedulingPriority=2
WorkingDirectory=/
UMask=0077

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ReadWritePaths=${writable.join(' ')}
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
${systemd >= groupsOfSystemCalls ? systemCallFilter : ''}${ownLines(cluster)}
[Install]
WantedBy=multi-user.target
`
}

/**
 * Whether systemd, not etcd's user, looks for the data and leaves the mark that it was ready (`+`): etcd cannot reach the mark then, and
 * two processes less are put into a sandbox of their own at every start.
 */
export function marksAsRoot(systemd: number): boolean {
  return systemd >= 231
}

/** Before 239 the group is unknown and would leave an allow-list that kills etcd. */
const groupsOfSystemCalls = 239
const systemCallFilter = `SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
`

function ownLines(cluster: Cluster): string {
  const { dropIn } = cluster.service
  return dropIn.length === 0 ? '' : `\n# From service.dropIn of the inventory:\n${dropIn.join('\n')}\n`
}

/** The message that the guard in the unit writes to the journal; diagnosis.ts knows it again. */
export const missingDataMessage = 'etcd-deploy: refusing to start: this member was ready once, but its data is not in'

function missingDataGuard(cluster: Cluster): string {
  const { data, wal } = cluster.paths
  const at = layoutOf(cluster)
  const present = [`-d ${data}/member/snap`, `-d ${at.walDir ?? `${data}/member/wal`}`]
  const where = wal === undefined ? data : `${data} and ${wal}`
  return (
    `[ ! -e ${at.wasReady} ] || { ${present.map((test) => `[ ${test} ]`).join(' && ')}; } || ` +
    `{ echo "${missingDataMessage} ${where}; is a file system not mounted?" >&2; exit 1; }`
  )
}
