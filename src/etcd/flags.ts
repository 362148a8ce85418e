import { atLeast, compareVersions, minorSeries } from './versions.ts'

/** One flag of the etcd server, over every series from 3.3 to 3.7. */
export interface Flag {
  /** The first release that has it; several where a flag came to older series too, in a patch release of each. */
  since: string | readonly string[]
  /** The last series that has it. */
  until?: string
  type:
    | 'duration'
    | 'milliseconds'
    | 'seconds'
    | 'retention'
    | 'bytes'
    | 'int'
    | 'uint'
    | 'bool'
    | 'string'
    | 'enum'
    | 'list'
    | 'gates'
  values?: readonly string[]
  min?: number
  max?: number
  /** A list that took a single value before this release. */
  listSince?: string
  /** The same setting under its newer name. */
  renamedTo?: string
  /** The feature gate that replaces it. */
  gate?: FeatureGate
  /** What to do where the series no longer has it. */
  instead?: string
  /** etcd-deploy sets it; where to say it. */
  owned?: string
  /** Not to be set at all; why. */
  refused?: string
}

export const featureGates = {
  StopGRPCServiceOnDefrag: '3.6',
  TxnModeWriteWithSharedBuffer: '3.6',
  InitialCorruptCheck: '3.6',
  CompactHashCheck: '3.6',
  LeaseCheckpoint: '3.6',
  LeaseCheckpointPersist: '3.6',
  SetMemberLocalAddr: '3.6',
  FastLeaseKeepAlive: '3.7',
  PriorityRequest: '3.7',
} as const satisfies Record<string, string>
export type FeatureGate = keyof typeof featureGates

/** Whether this version of etcd has the flag. */
export function hasFlag(flag: Flag, version: string): boolean {
  if (flag.until !== undefined && compareVersions(minorSeries(version), flag.until) > 0) return false
  const since = [flag.since].flat()
  const sameSeries = since.find((release) => minorSeries(release) === minorSeries(version))
  if (sameSeries !== undefined) return atLeast(version, sameSeries)
  // A flag that came with 3.4.25 and 3.5.8 is in 3.6.0 as well.
  return since.some((release) => atLeast(version, release))
}

const certificates = 'certificates are made and placed by etcd-deploy: see `tls`'
const revocation = 'the revocation lists are kept with the certificates in `tls.pki`'
const tlsMode = 'say it as `tls.mode`'
const ownTls = 'etcd would make its own certificate, which nobody can verify; `tls` gives every member a proper one'
const discovery =
  'the members are those of the inventory, so there is nothing to discover; a second answer could form a second cluster'
const proxy = 'it would make this member a proxy without data; every node of the inventory is a member'
const metricsUrl = 'health and metrics are served at the client URL; this etcd-deploy has no key for a second address'
const leftover = {
  since: '3.3',
  type: 'string',
  refused: 'etcd accepts this word from its oldest versions, and ignores it',
} as const

/**
 * Checked in test/integration/flags.test.ts against real binaries: `--help` names flags that are gone and hides some that are there.
 */
export const flags = {
  // What the inventory says in its own words.
  name: { since: '3.3', type: 'string', owned: 'the key of the node under `nodes` is its name' },
  'data-dir': { since: '3.3', type: 'string', owned: 'say it as `paths.data`' },
  'wal-dir': { since: '3.3', type: 'string', owned: 'say it as `paths.wal`' },
  'config-file': { since: '3.3', type: 'string', owned: 'etcd would ignore all else; say its entries as `settings`' },
  'listen-peer-urls': { since: '3.3', type: 'list', owned: 'say it as `nodes.NAME.peer: {listen, port}`' },
  'listen-client-urls': { since: '3.3', type: 'list', owned: 'say it as `nodes.NAME.client: {listen, port}`' },
  'listen-client-http-urls': { since: ['3.4.25', '3.5.8'], type: 'list', owned: metricsUrl },
  'listen-metrics-urls': { since: '3.3', type: 'list', owned: metricsUrl },
  'advertise-client-urls': {
    since: '3.3',
    type: 'list',
    owned: 'say it as `nodes.NAME.client: {address, port, advertise}`',
  },
  'initial-advertise-peer-urls': { since: '3.3', type: 'list', owned: 'say it as `nodes.NAME.peer: {address, port}`' },
  'initial-cluster': { since: '3.3', type: 'string', owned: 'it follows from `nodes`' },
  'initial-cluster-state': {
    since: '3.3',
    type: 'enum',
    values: ['new', 'existing'],
    owned: 'etcd-deploy finds out on the hosts whether the cluster exists',
  },
  'initial-cluster-token': { since: '3.3', type: 'string', owned: 'each new cluster gets a random token of its own' },
  'cert-file': { since: '3.3', type: 'string', owned: certificates },
  'key-file': { since: '3.3', type: 'string', owned: certificates },
  'client-cert-file': { since: '3.5', type: 'string', owned: certificates },
  'client-key-file': { since: '3.5', type: 'string', owned: certificates },
  'ca-file': { since: '3.3', until: '3.3', type: 'string', owned: certificates },
  'trusted-ca-file': { since: '3.3', type: 'string', owned: certificates },
  'client-crl-file': { since: '3.3', type: 'string', owned: revocation },
  'client-cert-auth': { since: '3.3', type: 'bool', owned: tlsMode },
  'peer-cert-file': { since: '3.3', type: 'string', owned: certificates },
  'peer-key-file': { since: '3.3', type: 'string', owned: certificates },
  'peer-client-cert-file': { since: '3.5', type: 'string', owned: certificates },
  'peer-client-key-file': { since: '3.5', type: 'string', owned: certificates },
  'peer-ca-file': { since: '3.3', until: '3.3', type: 'string', owned: certificates },
  'peer-trusted-ca-file': { since: '3.3', type: 'string', owned: certificates },
  'peer-crl-file': { since: '3.3', type: 'string', owned: revocation },
  'peer-client-cert-auth': { since: '3.3', type: 'bool', owned: tlsMode },

  // What breaks a cluster or means nothing in one that is deployed.
  'force-new-cluster': {
    since: '3.3',
    type: 'bool',
    refused:
      'at every start it makes this member a cluster of its own, without the others: a last resort, by hand and once',
  },
  'unsafe-no-fsync': {
    since: '3.4.10',
    type: 'bool',
    refused: 'writes that etcd has acknowledged would be lost when the host loses power',
  },
  'auto-tls': { since: '3.3', type: 'bool', refused: ownTls },
  'peer-auto-tls': { since: '3.3', type: 'bool', refused: ownTls },
  'self-signed-cert-validity': { since: '3.5', type: 'uint', refused: 'it is for auto-tls only; say `tls.leafDays`' },
  discovery: { since: '3.3', until: '3.6', type: 'string', refused: discovery },
  'discovery-fallback': { since: '3.3', type: 'enum', values: ['exit', 'proxy'], refused: discovery },
  'discovery-proxy': { since: '3.3', until: '3.6', type: 'string', refused: discovery },
  'discovery-srv': { since: '3.3', type: 'string', refused: discovery },
  'discovery-srv-name': { since: '3.4', type: 'string', refused: discovery },
  'discovery-token': { since: '3.6', type: 'string', refused: discovery },
  'discovery-endpoints': { since: '3.6', type: 'list', refused: discovery },
  'discovery-dial-timeout': { since: '3.6', type: 'duration', refused: discovery },
  'discovery-request-timeout': { since: '3.6', type: 'duration', refused: discovery },
  'discovery-keepalive-time': { since: '3.6', type: 'duration', refused: discovery },
  'discovery-keepalive-timeout': { since: '3.6', type: 'duration', refused: discovery },
  'discovery-insecure-transport': { since: '3.6', type: 'bool', refused: discovery },
  'discovery-insecure-skip-tls-verify': { since: '3.6', type: 'bool', refused: discovery },
  'discovery-cert': { since: '3.6', type: 'string', refused: discovery },
  'discovery-key': { since: '3.6', type: 'string', refused: discovery },
  'discovery-cacert': { since: '3.6', type: 'string', refused: discovery },
  'discovery-user': { since: '3.6', type: 'string', refused: discovery },
  'discovery-password': { since: '3.6', type: 'string', refused: discovery },
  proxy: { since: '3.3', until: '3.5', type: 'enum', values: ['off', 'readonly', 'on'], refused: proxy },
  'proxy-failure-wait': { since: '3.3', until: '3.5', type: 'uint', refused: proxy },
  'proxy-refresh-interval': { since: '3.3', until: '3.5', type: 'uint', refused: proxy },
  'proxy-dial-timeout': { since: '3.3', until: '3.5', type: 'uint', refused: proxy },
  'proxy-write-timeout': { since: '3.3', until: '3.5', type: 'uint', refused: proxy },
  'proxy-read-timeout': { since: '3.3', until: '3.5', type: 'uint', refused: proxy },
  version: {
    since: '3.3',
    type: 'bool',
    refused: 'it only prints the version; the key `version` says which etcd is deployed',
  },
  'cluster-active-size': leftover,
  'cluster-remove-delay': leftover,
  'cluster-sync-interval': leftover,
  config: leftover,
  force: leftover,
  'max-result-buffer': leftover,
  'max-retry-attempts': leftover,
  'peer-election-timeout': leftover,
  'peer-heartbeat-interval': leftover,
  'retry-interval': leftover,
  snapshot: leftover,
  v: leftover,
  vv: leftover,
  'test.coverprofile': leftover,
  'test.outputdir': leftover,

  // Raft and the member.
  'heartbeat-interval': { since: '3.3', type: 'milliseconds', min: 1 },
  'election-timeout': { since: '3.3', type: 'milliseconds', min: 1, max: 50_000 },
  'initial-election-tick-advance': { since: '3.3.4', type: 'bool' },
  'pre-vote': { since: '3.4', type: 'bool' },
  'strict-reconfig-check': { since: '3.3', type: 'bool' },
  'max-learners': { since: '3.6', type: 'int', min: 1 },
  'raft-read-timeout': { since: '3.5', type: 'duration' },
  'raft-write-timeout': { since: '3.5', type: 'duration' },
  'snapshot-count': { since: '3.3', type: 'uint' },
  'snapshot-catchup-entries': { since: '3.6', type: 'uint' },
  'max-snapshots': { since: '3.3', type: 'uint' },
  'max-wals': { since: '3.3', type: 'uint' },
  'downgrade-check-time': { since: '3.6', type: 'duration' },
  'next-cluster-version-compatible': { since: '3.4.31', until: '3.4', type: 'bool' },
  'feature-gates': { since: '3.6', type: 'gates' },

  // Storage.
  'quota-backend-bytes': { since: '3.3', type: 'bytes' },
  'backend-batch-interval': { since: '3.4', type: 'duration' },
  'backend-batch-limit': { since: '3.4', type: 'int', min: 0 },
  'backend-bbolt-freelist-type': { since: '3.5', type: 'enum', values: ['array', 'map'] },
  'auto-compaction-mode': { since: '3.3', type: 'enum', values: ['periodic', 'revision'] },
  'auto-compaction-retention': { since: '3.3', type: 'retention' },
  'compaction-batch-limit': { since: '3.6', type: 'int', min: 0 },
  'compaction-sleep-interval': { since: '3.6', type: 'duration' },
  'corrupt-check-time': { since: '3.6', type: 'duration' },
  'compact-hash-check-time': { since: '3.6', type: 'duration', min: 1 },
  'bootstrap-defrag-threshold-megabytes': { since: '3.6', type: 'uint' },
  'memory-mlock': { since: '3.6', type: 'bool' },

  // Requests and connections.
  'max-txn-ops': { since: '3.3', type: 'uint' },
  'max-request-bytes': { since: '3.3', type: 'bytes' },
  'max-concurrent-streams': { since: ['3.4.20', '3.5.5'], type: 'uint', max: 2 ** 32 - 1 },
  'grpc-keepalive-min-time': { since: '3.3', type: 'duration' },
  'grpc-keepalive-interval': { since: '3.3', type: 'duration' },
  'grpc-keepalive-timeout': { since: '3.3', type: 'duration' },
  'socket-reuse-port': { since: '3.5', type: 'bool' },
  'socket-reuse-address': { since: '3.5', type: 'bool' },
  'enable-grpc-gateway': { since: '3.4', type: 'bool' },
  'watch-progress-notify-interval': { since: '3.6', type: 'duration' },
  'warning-apply-duration': { since: '3.6', type: 'duration' },
  'warning-unary-request-duration': { since: '3.6', type: 'duration' },
  'enable-v2': { since: '3.3', until: '3.5', type: 'bool', instead: 'the v2 API is gone; its clients must speak v3' },
  'v2-deprecation': {
    since: '3.5',
    type: 'enum',
    // etcd knows two more, write-only-drop-data and gone: they wipe what the v2 API has stored.
    values: ['not-yet', 'write-only', 'write-only-skip-check'],
  },

  // Access.
  cors: { since: '3.3', type: 'list' },
  'host-whitelist': { since: '3.4', type: 'list' },
  'cipher-suites': { since: '3.3.7', type: 'list' },
  'tls-min-version': { since: ['3.4.25', '3.5.8'], type: 'enum', values: ['TLS1.2', 'TLS1.3'] },
  'tls-max-version': { since: ['3.4.25', '3.5.8'], type: 'enum', values: ['TLS1.2', 'TLS1.3'] },
  'client-cert-allowed-hostname': { since: '3.4', type: 'list', listSince: '3.5.15' },
  'peer-cert-allowed-cn': { since: '3.3', type: 'list', listSince: '3.5.15' },
  'peer-cert-allowed-hostname': { since: '3.4', type: 'list', listSince: '3.5.15' },
  'peer-skip-client-san-verification': { since: '3.6', type: 'bool' },
  'auth-token': { since: '3.3', type: 'string' },
  'auth-token-ttl': { since: ['3.3.23', '3.4.10'], type: 'seconds' },
  'bcrypt-cost': { since: '3.4', type: 'uint', min: 4, max: 31 },

  // Logs, metrics, traces.
  logger: { since: '3.4', type: 'enum', values: ['zap', 'capnslog'] },
  'log-level': { since: '3.4', type: 'enum', values: ['debug', 'info', 'warn', 'error', 'panic', 'fatal'] },
  'log-format': { since: '3.6', type: 'enum', values: ['json', 'console'] },
  'log-outputs': { since: '3.4', type: 'list' },
  'log-output': {
    since: '3.3',
    until: '3.4',
    type: 'enum',
    values: ['default', 'stdout', 'stderr'],
    renamedTo: 'log-outputs',
  },
  'log-package-levels': { since: '3.3', until: '3.4', type: 'string', instead: 'say `log-level`' },
  debug: { since: '3.3', until: '3.4', type: 'bool', instead: "say `'log-level': 'debug'`" },
  'enable-log-rotation': { since: '3.5', type: 'bool' },
  'log-rotation-config-json': { since: '3.5', type: 'string' },
  metrics: { since: '3.3', type: 'enum', values: ['basic', 'extensive'] },
  'enable-pprof': { since: '3.3', type: 'bool' },
  'enable-distributed-tracing': { since: '3.6', type: 'bool' },
  'distributed-tracing-address': { since: '3.6', type: 'string' },
  'distributed-tracing-service-name': { since: '3.6', type: 'string' },
  'distributed-tracing-instance-id': { since: '3.6', type: 'string' },
  'distributed-tracing-sampling-rate': { since: '3.6', type: 'int', min: 0, max: 1_000_000 },

  // Gone with 3.7, which loses them silently when they come from the environment.
  'experimental-backend-bbolt-freelist-type': {
    since: '3.4',
    until: '3.4',
    type: 'enum',
    values: ['array', 'map'],
    renamedTo: 'backend-bbolt-freelist-type',
  },
  'experimental-bootstrap-defrag-threshold-megabytes': {
    since: '3.5',
    until: '3.6',
    type: 'uint',
    renamedTo: 'bootstrap-defrag-threshold-megabytes',
  },
  'experimental-compact-hash-check-enabled': { since: '3.5.5', until: '3.6', type: 'bool', gate: 'CompactHashCheck' },
  'experimental-compact-hash-check-time': {
    since: '3.5.5',
    until: '3.6',
    type: 'duration',
    min: 1,
    renamedTo: 'compact-hash-check-time',
  },
  'experimental-compaction-batch-limit': {
    since: '3.4',
    until: '3.6',
    type: 'int',
    min: 0,
    renamedTo: 'compaction-batch-limit',
  },
  'experimental-compaction-sleep-interval': {
    since: '3.5.16',
    until: '3.6',
    type: 'duration',
    renamedTo: 'compaction-sleep-interval',
  },
  'experimental-corrupt-check-time': { since: '3.3', until: '3.6', type: 'duration', renamedTo: 'corrupt-check-time' },
  'experimental-distributed-tracing-address': {
    since: '3.5',
    until: '3.6',
    type: 'string',
    renamedTo: 'distributed-tracing-address',
  },
  'experimental-distributed-tracing-instance-id': {
    since: '3.5',
    until: '3.6',
    type: 'string',
    renamedTo: 'distributed-tracing-instance-id',
  },
  'experimental-distributed-tracing-sampling-rate': {
    since: '3.5.11',
    until: '3.6',
    type: 'int',
    min: 0,
    max: 1_000_000,
    renamedTo: 'distributed-tracing-sampling-rate',
  },
  'experimental-distributed-tracing-service-name': {
    since: '3.5',
    until: '3.6',
    type: 'string',
    renamedTo: 'distributed-tracing-service-name',
  },
  'experimental-downgrade-check-time': {
    since: '3.5',
    until: '3.6',
    type: 'duration',
    renamedTo: 'downgrade-check-time',
  },
  'experimental-enable-distributed-tracing': {
    since: '3.5',
    until: '3.6',
    type: 'bool',
    renamedTo: 'enable-distributed-tracing',
  },
  'experimental-enable-lease-checkpoint': { since: '3.4', until: '3.6', type: 'bool', gate: 'LeaseCheckpoint' },
  'experimental-enable-lease-checkpoint-persist': {
    since: ['3.4.20', '3.5.2'],
    until: '3.6',
    type: 'bool',
    gate: 'LeaseCheckpointPersist',
  },
  'experimental-enable-v2v3': {
    since: '3.3',
    until: '3.5',
    type: 'string',
    instead: 'the v2 API is gone; its clients must speak v3',
  },
  'experimental-initial-corrupt-check': { since: '3.3', until: '3.6', type: 'bool', gate: 'InitialCorruptCheck' },
  'experimental-memory-mlock': { since: '3.5', until: '3.6', type: 'bool', renamedTo: 'memory-mlock' },
  'experimental-peer-skip-client-san-verification': {
    since: '3.3.16',
    until: '3.6',
    type: 'bool',
    renamedTo: 'peer-skip-client-san-verification',
  },
  'experimental-snapshot-catchup-entries': {
    since: '3.5.14',
    until: '3.6',
    type: 'uint',
    renamedTo: 'snapshot-catchup-entries',
  },
  'experimental-stop-grpc-service-on-defrag': {
    since: '3.5.14',
    until: '3.6',
    type: 'bool',
    gate: 'StopGRPCServiceOnDefrag',
  },
  'experimental-txn-mode-write-with-shared-buffer': {
    since: '3.5',
    until: '3.6',
    type: 'bool',
    gate: 'TxnModeWriteWithSharedBuffer',
  },
  'experimental-warning-apply-duration': {
    since: '3.4.16',
    until: '3.6',
    type: 'duration',
    renamedTo: 'warning-apply-duration',
  },
  'experimental-warning-unary-request-duration': {
    since: '3.6',
    until: '3.6',
    type: 'duration',
    renamedTo: 'warning-unary-request-duration',
  },
  'experimental-watch-progress-notify-interval': {
    since: '3.4.11',
    until: '3.6',
    type: 'duration',
    renamedTo: 'watch-progress-notify-interval',
  },
} as const satisfies Record<string, Flag>

export type FlagName = keyof typeof flags
