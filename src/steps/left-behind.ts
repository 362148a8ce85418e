import type { Problem } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster } from '../inventory/model.ts'
import type { Left } from '../pki/state.ts'
import { hasLeft } from './leaving.ts'
import { warned } from './problem.ts'
import type { Seen } from './seen.ts'

/** What is still to be done on hosts that could not be reached when their members left. */
export function leftProblems(cluster: Cluster, left: readonly Left[], seen: Seen): Problem[] {
  return left
    .filter((each) => !isMoot(cluster, each) && hasLeft(each.memberId, seen))
    .map(({ node: { name }, since }) =>
      warned(name, {
        message: `left the cluster on ${since.slice(0, 10)}, and its host is still to be cleared: ${toBeFeared}`,
        next: [`once it answers: etcd-deploy member remove ${name}`, ...byHand(cluster)],
      }),
    )
}

export const toBeFeared = 'etcd would start there again at boot, in vain, and its keys and data are there'

/** The inventory has the node again, or another on its host: that is another's business now. */
export function isMoot({ nodes }: Cluster, { node }: Pick<Left, 'node'>): boolean {
  return nodes.some(({ name, peer }) => name === node.name || peer.address === node.peer.address)
}

/** For a person who is there. */
export function byHand(cluster: Cluster): string[] {
  const { data, wal } = cluster.paths
  const at = layoutOf(cluster)
  const folders = [data, ...(wal === undefined ? [] : [wal])]
  return [
    'or by hand, as root there:',
    `  systemctl disable --now ${cluster.service.name}.service`,
    ...folders.map((folder) => `  mv -T ${folder}/member ${folder}/member.removed`),
    ...(cluster.tls.mode === 'off' ? [] : [`  rm -r ${at.tlsDir} ${at.adminDir}`]),
  ]
}
