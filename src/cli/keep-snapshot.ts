import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { hasQuorum } from '../steps/members.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { reachedHosts } from '../steps/seen.ts'
import { takeSnapshot } from '../steps/snapshot.ts'
import type { Session } from './session.ts'

/** Before what is risky: a verified snapshot beside the inventory, which nobody deletes. */
export async function keepSnapshot(
  session: Session,
  { needs = 'every host' }: { needs?: 'every host' | 'quorum' } = {},
): Promise<void> {
  const { cluster, emit } = session
  const seen = await seeHosts(session)
  // The run needs every host, and will say so: each of its attempts would leave a file.
  if (needs === 'every host' && reachedHosts(seen).length < cluster.nodes.length) return
  if (!hasQuorum(cluster, seen)) {
    emit({ type: 'warning', message: 'no snapshot was taken: there is no quorum that could give one' })
    return
  }
  const folder = join(dirname(cluster.file), '.etcd-deploy', 'snapshots')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // All data of the cluster is in it: Git never sees it.
  writeFileSync(join(folder, '.gitignore'), '*\n', { mode: 0o600 })
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const { file } = await takeSnapshot(session, join(folder, `${cluster.name}-${time}.db`))
  emit({ type: 'note', message: `snapshot kept: ${file}` })
}
