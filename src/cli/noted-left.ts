import type { Cluster, NodeName } from '../inventory/model.ts'
import { openPki } from '../pki/open.ts'
import type { Left } from '../pki/state.ts'
import { isMoot } from '../steps/left-behind.ts'
import type { Leaver } from '../steps/wanted.ts'

/** What `pki/` keeps of a member whose host is still to be cleared of it. */
export async function leftNoted(cluster: Cluster, name: NodeName): Promise<Left | undefined> {
  const store = await openPki(cluster.pki.dir, cluster.name)
  return store?.left.find((left) => left.node.name === name && !isMoot(cluster, left))
}

export async function noteLeft(cluster: Cluster, { id, node }: Leaver): Promise<void> {
  if (node === undefined) return
  const store = await openPki(cluster.pki.dir, cluster.name)
  await store?.rememberLeft({ node, memberId: id, since: new Date().toISOString() })
}

export async function forgetLeft(cluster: Cluster, name: NodeName): Promise<void> {
  const store = await openPki(cluster.pki.dir, cluster.name)
  await store?.forgetLeft(name)
}
