/**
 * What `etcd-deploy status --json` prints: one object. `null` always means that it could not be seen. `v` is raised when a program that
 * reads it would misunderstand the new form; new keys may come at any time.
 */
export interface ClusterStatus {
  v: 1
  type: 'status'
  cluster: string
  /** When it was read, RFC 3339. */
  time: string
  /** Hexadecimal, as etcdctl shows it. */
  clusterId: string | null
  /** Something of this cluster is on at least one host. */
  deployed: boolean
  quorum: QuorumStatus
  /** The highest raft term and revision that a member told. */
  raftTerm: number | null
  revision: number | null
  members: MemberStatus[]
  /** Links that are down between two members that both run; `otherWay`: whether `to` reaches `from`. */
  brokenLinks: BrokenLink[]
  /** Begun and not finished: `finish` is the command that does it. */
  operation: OperationStatus | null
  drift: DriftStatus
  certificatesDue: CertificateDue[]
  warnings: { host: string | null; message: string; next: string[] }[]
  /** Also the exit code: 0 well, 1 something is broken, 4 it works, but differs from the inventory or a certificate is due. */
  exitCode: 0 | 1 | 4
}

export interface QuorumStatus {
  voters: number
  healthy: number
  /** Votes that every write needs. */
  needed: number
  /** How many more voters may fail before writes stop; negative: so many are missing already. */
  survives: number
}

export interface MemberStatus {
  name: string
  /** Hexadecimal. */
  id: string | null
  inInventory: boolean
  role: 'leader' | 'voter' | 'learner' | null
  health: Health
  /** Why it is not healthy, or how else it was seen. */
  trouble: string | null
  /** What to do where its host could not be read. */
  next: readonly string[]
  hostReached: boolean
  version: string | null
  db: { sizeBytes: number; inUseBytes: number | null; quotaBytes: number | null } | null
  alarms: AlarmStatus[] | null
  /** `lag`: entries that the leader had committed and this member had not yet applied, as read within the same second. */
  raft: { term: number; index: number; appliedIndex: number | null; lag: number | null } | null
  /** Its own connections to the other members; that they reach it is theirs to tell. */
  links: { to: string; up: boolean }[] | null
  linksNotSeen: string | null
  upSeconds: number | null
  /** Of its client port (server) and its peer port; none where TLS is off. */
  certificates: CertificateStatus[]
}

/**
 * healthy: serves reads and writes. alarm: takes part, but an alarm of its own stops writes. unhealthy: runs without serving.
 * starting: waits for its peers. stopped: does not run. unreachable: nobody could ask it, neither on its host nor from another member.
 * absent: in the inventory, but not a member of the cluster.
 */
export type Health = 'healthy' | 'alarm' | 'unhealthy' | 'starting' | 'stopped' | 'unreachable' | 'absent'

export interface AlarmStatus {
  kind: 'NOSPACE' | 'CORRUPT' | 'unknown'
  message: string
  /** What to do about it, in this order. */
  next: string[]
}

export interface CertificateStatus {
  use: 'server' | 'peer'
  /** `file`: what is on the host's disk, where the served one could not be seen. */
  seen: 'served' | 'file' | 'not-seen'
  /** Why the served one was not seen. */
  notServed: string | null
  serial: string | null
  notAfter: string | null
  /** Whole days; negative: expired so many days ago. */
  daysLeft: number | null
  /** It ends within 30 days. */
  due: boolean
}

export interface BrokenLink {
  from: string
  to: string
  otherWay: boolean | null
}

export interface CertificateDue {
  host: string
  use: 'server' | 'peer' | 'admin' | 'CA'
  notAfter: string
  /** Negative: expired so many days ago. */
  daysLeft: number
}

export interface OperationStatus {
  name: string
  finish: string
  since: string
  controller: string
  /** Hosts that hold its record; `this machine` for the one beside the inventory. */
  seenOn: string[]
  /** For people: its stage. */
  stands: string | null
}

export interface DriftStatus {
  /** Why drift could not be seen; null: it was. */
  notSeen: string | null
  /** What `up` would change. */
  changes: { host: string; what: string; why: string; restarts: boolean }[]
  /** Why `up` would refuse. */
  refused: { host: string | null; message: string; next: string[] }[]
}
