import type { Emit } from '../engine/events.ts'
import { observe } from '../engine/observe.ts'
import type { Look } from '../engine/playbook.ts'
import type { Connection } from '../host/host.ts'
import type { Cluster } from '../inventory/model.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { etcdLook, hostLook } from './look.ts'
import { readHost } from './read-host.ts'
import type { Seen } from './seen.ts'

export interface SeeContext {
  cluster: Cluster
  connections: ReadonlyMap<string, Connection>
  emit: Emit
  signal: AbortSignal
}

/** Reads all hosts and members, one command each, for who only looks: a host that hangs keeps nobody waiting for long. */
export async function seeHosts({ cluster, ...context }: SeeContext, more: readonly Look[] = []): Promise<Seen> {
  const looks = (host: string) => {
    const node = cluster.nodes.find(({ name }) => name === host)
    return node === undefined ? [] : [hostLook(cluster, node), etcdLook(cluster, node), ...more]
  }
  const timeoutMs = (host: string): number => Math.min(longestMs, commandTimeout(cluster)(host))
  const names = [...context.connections.keys()].filter((name) => cluster.nodes.some((node) => node.name === name))
  const readings = await observe({ ...context, looks, timeoutMs, concurrency: cluster.concurrency }, names)
  return { hosts: new Map([...readings].map(([name, reading]) => [name, readHost(cluster, reading)])) }
}

const longestMs = 15_000
