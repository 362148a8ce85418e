import type { Emit } from '../engine/events.ts'
import { clientUrls } from '../etcd/urls.ts'
import type { Cluster } from '../inventory/model.ts'

/** What clients are to be given. */
export function tellEndpoints(emit: Emit, cluster: Cluster): void {
  const urls = cluster.nodes.flatMap((node) => clientUrls(cluster, node))
  emit({ type: 'note', message: `endpoints: ${urls.join(',')}` })
}
