import { hostOf } from '../engine/observe.ts'
import { task } from '../engine/task.ts'
import { seeHosts, type SeeContext } from './see-hosts.ts'
import { download, type SavedSnapshot } from './snapshot-download.ts'
import { refuseExisting } from './snapshot-file.ts'
import { healthiest } from './snapshot-member.ts'

export type { SavedSnapshot } from './snapshot-download.ts'

/** Saves a snapshot through the healthiest member into a new file here, which is there only once it is whole and checked. */
export async function takeSnapshot(context: SeeContext, file: string): Promise<SavedSnapshot> {
  refuseExisting(file)
  const { cluster, connections } = context
  const node = healthiest(cluster, await seeHosts(context))
  const host = hostOf(connections, node.node.name)
  const named = { id: 'snapshot', what: `save a snapshot through ${node.node.name}` }
  const onProgress = (done: number, total: number): void =>
    context.emit({ type: 'progress', ...named, host: host.name, done, total, unit: 'bytes' })
  return task(context.emit, named, () => download({ ...context, ...node, host, file, onProgress }))
}
