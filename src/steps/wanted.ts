import type { Cluster, Node, NodeName } from '../inventory/model.ts'
import type { CaTarget } from './ca-rotation.ts'
import type { FileWant } from './file-want.ts'
import type { Formation } from './formation.ts'
import type { ReachedHost } from './seen.ts'

/** What is wanted: the inventory, `pki/` and how far the cluster's formation is, worked out for each host. */
export interface Wanted {
  cluster: Cluster
  formation: Formation
  /** In a CA rotation: what `pki/` is at. */
  ca?: CaTarget
  /** Members that do not serve are restarted at once: with an expired CA none comes back alone. */
  together?: true
  /** The member that joins the cluster in this run. */
  joins?: NodeName
  /** The member that leaves the cluster in this run, which has no node any more. */
  leaves?: Pick<Leaver, 'name' | 'id'>
  members: ReadonlyMap<NodeName, MemberWanted>
}

/** A member that leaves for good. */
export interface Leaver {
  /** The inventory's, etcd's where that does not have it; its id where it never had any. */
  name: NodeName
  /** Empty: etcd does not have it any more. */
  id: string
  /** How its host is reached; absent: nobody knows. */
  node?: Node
}

export interface MemberWanted {
  node: Node
  /** Empty where the binaries are already on the host, or are still to be downloaded (plan). */
  binaries: FileWant[]
  /** Files that belong together are installed in one instant: etcd reads certificate and key one after the other. */
  certificates: { what: string; files: FileWant[] }[]
  wrapper: FileWant
  env: FileWant
  /** The same with initial-cluster-state=existing, for the moment when the cluster has been formed. */
  envOnceFormed: FileWant
  unit: FileWant
  /** What the process must run with; initial-* are left out, as etcd ignores them once it has data. */
  environment: Readonly<Record<string, string>>
}

/** Files that etcd or systemd read at its start only. */
export function startFiles(member: MemberWanted, on: ReachedHost): FileWant[] {
  return [on.formed === undefined ? member.env : member.envOnceFormed, member.unit]
}
