import { readOperation } from '../engine/operation.ts'
import { observe } from '../engine/observe.ts'
import type { Emit } from '../engine/events.ts'
import type { Stage } from '../engine/playbook.ts'
import type { Connection } from '../host/host.ts'
import type { Cluster } from '../inventory/model.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { openPki } from '../pki/open.ts'
import type { PkiStore } from '../pki/store.ts'
import { askCluster, memberToAsk, type AskedSeen } from './ask-cluster.ts'
import { seeDrift } from './drift.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { etcdLook, hostLook } from '../steps/look.ts'
import { preflight } from '../steps/preflight.ts'
import { recordPath } from '../steps/unfinished.ts'
import type { Seen } from '../steps/seen.ts'
import { EtcdSubject } from '../steps/subject.ts'
import { seeWire, type WireSeen } from './wire.ts'
import type { Wanted } from '../steps/wanted.ts'
import { urlsToAsk } from './member-reading.ts'
import type { StatusReading } from './reading.ts'

export interface StatusContext {
  cluster: Cluster
  connections: ReadonlyMap<string, Connection>
  emit: Emit
  signal: AbortSignal
}

/** Reads hosts and wire at once; then one member that serves is asked for what only the cluster can tell. Changes nothing. */
export async function readStatus(
  context: StatusContext,
  stages: readonly Stage<Wanted, Seen>[],
): Promise<StatusReading> {
  const { cluster, emit, signal } = context
  const subject = new EtcdSubject({ cluster, emit, signal, narrowed: false })
  const pki = await openPki(cluster.pki.dir, cluster.name).catch(() => undefined)
  const [seen, wire, operation] = await Promise.all([
    seeHosts(context, subject),
    seeWires(context, pki),
    readOperation(recordPath(cluster)),
  ])
  const [asked, drift] = await Promise.all([
    ask(context, seen),
    seeDrift({ cluster, subject, stages, hasPki: pki !== undefined }, seen),
  ])
  const warnings = preflight(cluster, seen)
    .filter(({ warning }) => warning === true)
    .map(({ error: { host, message, next } }) => ({ host, message, next }))
  return { cluster, seen, wire, asked, drift, operation, warnings, now: new Date() }
}

/** A host that hangs must not keep the others' rows waiting for long. */
const observeTimeoutMs = 15_000

async function seeHosts({ cluster, ...context }: StatusContext, subject: EtcdSubject): Promise<Seen> {
  const looks = (host: string) => {
    const node = cluster.nodes.find(({ name }) => name === host)
    return node === undefined ? [] : [hostLook(cluster, node), etcdLook(cluster, node)]
  }
  const timeoutMs = (host: string): number => Math.min(observeTimeoutMs, commandTimeout(cluster)(host))
  const names = [...context.connections.keys()]
  return subject.see(await observe({ ...context, looks, timeoutMs, concurrency: cluster.concurrency }, names))
}

async function seeWires(
  { cluster, connections, signal }: StatusContext,
  pki: PkiStore | undefined,
): Promise<Map<string, WireSeen>> {
  const credentials = pki?.leaf(adminName, 'client')
  const seen = await Promise.all(
    cluster.nodes.map(async (node): Promise<[string, WireSeen][]> => {
      const connection = connections.get(node.name)
      return connection === undefined
        ? []
        : [[node.name, await seeWire(cluster, node, connection, { credentials, signal })]]
    }),
  )
  return new Map(seen.flat())
}

async function ask({ cluster, connections, signal }: StatusContext, seen: Seen): Promise<AskedSeen | undefined> {
  const node = memberToAsk(cluster, seen)
  const connection = node === undefined ? undefined : connections.get(node.name)
  if (node === undefined || connection?.kind !== 'connected') return undefined
  try {
    return await askCluster(cluster, { node, host: connection.host, others: urlsToAsk(cluster, seen) }, signal)
  } catch (error) {
    if (signal.aborted) throw error
    return undefined
  }
}
