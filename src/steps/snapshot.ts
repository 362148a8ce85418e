import type { Emit } from '../engine/events.ts'
import { hostOf, observe } from '../engine/observe.ts'
import type { Connection } from '../host/host.ts'
import type { Cluster } from '../inventory/model.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { etcdLook, hostLook } from './look.ts'
import { readHost } from './read-host.ts'
import type { Seen } from './seen.ts'
import { download, type SavedSnapshot } from './snapshot-download.ts'
import { refuseExisting } from './snapshot-file.ts'
import { healthiest } from './snapshot-member.ts'

export type { SavedSnapshot } from './snapshot-download.ts'

export interface SnapshotContext {
  cluster: Cluster
  connections: ReadonlyMap<string, Connection>
  emit: Emit
  signal: AbortSignal
}

/** Saves a snapshot through the healthiest member into a new file here, which is there only once it is whole and checked. */
export async function takeSnapshot(context: SnapshotContext, file: string): Promise<SavedSnapshot> {
  refuseExisting(file)
  const { cluster, connections } = context
  const node = healthiest(cluster, await see(context))
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

async function see({ cluster, ...context }: SnapshotContext): Promise<Seen> {
  const looks = (host: string) => {
    const node = cluster.nodes.find(({ name }) => name === host)
    return node === undefined ? [] : [hostLook(cluster, node), etcdLook(cluster, node)]
  }
  const limits = { timeoutMs: commandTimeout(cluster), concurrency: cluster.concurrency }
  const readings = await observe({ ...context, ...limits, looks }, [...context.connections.keys()])
  return { hosts: new Map([...readings].map(([name, reading]) => [name, readHost(cluster, reading)])) }
}
