import { layoutOf } from '../etcd/layout.ts'
import { memberEnv } from '../etcd/member-env.ts'
import { etcdctlWrapper } from '../etcd/etcdctl-wrapper.ts'
import { unitText } from '../etcd/unit.ts'
import type { Cluster, Node, NodeName } from '../inventory/model.ts'
import type { PkiStore } from '../pki/store.ts'
import { pushedVersion } from './binaries.ts'
import type { BroughtBinaries } from './bring-binaries.ts'
import { textFile, type FileWant } from './file-want.ts'
import type { Formation } from './formation.ts'
import { certificateFiles, trustBundles, type NamedRequest } from './leaf-requests.ts'
import { reachedHosts, type ReachedHost, type Seen } from './seen.ts'
import type { MemberWanted } from './wanted.ts'

export interface WorkOut {
  cluster: Cluster
  seen: Seen
  formation: Formation
  /** Undefined: still to be made, stand-ins take its place (plan). */
  store: PkiStore | undefined
  /** Leaves that are still to be issued (plan). */
  due: readonly Pick<NamedRequest, 'kind' | 'name'>[]
  /** Undefined: still to be downloaded (plan). */
  brought: BroughtBinaries | undefined
}

/** What each reachable host shall hold, worked out from the inventory, `pki/`, and what the host is. */
export function membersWanted(input: WorkOut): ReadonlyMap<NodeName, MemberWanted> {
  const hosts = new Map(reachedHosts(input.seen))
  return new Map(
    input.cluster.nodes.flatMap((node) => {
      const host = hosts.get(node.name)
      return host === undefined ? [] : [[node.name, memberWanted(input, node, host)] as const]
    }),
  )
}

function memberWanted(
  { cluster, formation, store, due, brought }: WorkOut,
  node: Node,
  host: ReachedHost,
): MemberWanted {
  const at = layoutOf(cluster)
  const architecture = host.architecture ?? 'amd64'
  const unit = unitText(cluster, node, host.systemd)
  const trust = Object.values(trustBundles(store)).map((bundle) => Buffer.from(bundle).toString())
  const env = (state: 'new' | 'existing') =>
    memberEnv(cluster, node, { state, token: formation.token, architecture, unit, trust })
  const readable = { mode: 0o640, owner: 'root', group: cluster.service.group }
  const now = env(formation.kind === 'formed' ? 'existing' : 'new')
  return {
    node,
    binaries: brought === undefined ? binariesToCome(cluster, host) : (brought.get(architecture) ?? []),
    certificates: certificateFiles(cluster, node, store, due),
    wrapper: textFile(at.wrapper, etcdctlWrapper(cluster, node), { mode: 0o755, owner: 'root', group: 'root' }),
    env: textFile(at.env, now.text, readable),
    envOnceFormed: textFile(at.env, env('existing').text, readable),
    unit: textFile(at.unit, unit, { mode: 0o644, owner: 'root', group: 'root' }),
    environment: now.environment,
  }
}

/** Stand-ins for what is still to be downloaded, where the host does not have that version (plan). */
function binariesToCome(cluster: Cluster, host: ReachedHost): FileWant[] {
  if (pushedVersion(cluster, host) === cluster.version) return []
  const at = layoutOf(cluster)
  const content = { kind: 'file' as const, path: '', size: 0, sha256: unknownSum }
  return [at.etcd, at.etcdctl].map((path) => ({
    path,
    mode: 0o755,
    owner: 'root',
    group: 'root',
    shows: 'binary',
    content,
  }))
}

/** In the form of a sum, so that what is predicted of such a file is found again as what is wanted. */
const unknownSum = '0'.repeat(64)
