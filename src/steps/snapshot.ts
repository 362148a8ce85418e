import { hostOf } from '../engine/observe.ts'
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
  const [id, what, begunMs] = ['snapshot', `save a snapshot through ${node.node.name}`, performance.now()]
  const end = (outcome: 'done' | 'failed'): void =>
    context.emit({ type: 'task-end', id, what, outcome, durationMs: Math.round(performance.now() - begunMs) })
  context.emit({ type: 'task-begin', id, what })
  try {
    const onProgress = (done: number, total: number): void =>
      context.emit({ type: 'progress', id, host: host.name, what, done, total, unit: 'bytes' })
    const saved = await download({ ...context, ...node, host, file, onProgress })
    end('done')
    return saved
  } catch (error) {
    end('failed')
    throw error
  }
}
