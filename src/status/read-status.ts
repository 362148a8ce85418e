import { readOperation, type Operation } from '../engine/operation.ts'
import type { Stage } from '../engine/playbook.ts'
import { openPki } from '../pki/open.ts'
import type { PkiStore } from '../pki/store.ts'
import { askCluster, memberToAsk, type AskedSeen } from './ask-cluster.ts'
import { seeDrift } from './drift.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { seeHosts, type SeeContext } from '../steps/see-hosts.ts'
import { recordPath, unfinishedOperation } from '../steps/unfinished.ts'
import type { Seen } from '../steps/seen.ts'
import { EtcdSubject } from '../steps/subject.ts'
import { standingOf, type KnownOperation, type Standing } from './standing.ts'
import { seeWire, type WireSeen } from './wire.ts'
import type { Wanted } from '../steps/wanted.ts'
import { urlsToAsk } from './member-reading.ts'
import type { StatusReading } from './reading.ts'

/** Reads hosts and wire at once; then one member that serves is asked for what only the cluster can tell. Changes nothing. */
export async function readStatus(
  context: SeeContext,
  stages: readonly Stage<Wanted, Seen>[],
  knownOperation: (operation: Operation) => Promise<KnownOperation | undefined> = () => Promise.resolve(undefined),
): Promise<StatusReading> {
  const { cluster, emit, signal } = context
  const pki = await openPki(cluster.pki.dir, cluster.name).catch(() => undefined)
  const [seen, wire, operation] = await Promise.all([
    seeHosts(context),
    seeWires(context, pki),
    readOperation(recordPath(cluster)),
  ])
  // As the operation itself: that another one is refused while it is unfinished is no drift.
  const unfinished = unfinishedOperation(seen, operation)
  const own = unfinished === undefined ? {} : { operation: unfinished.name }
  const known = unfinished === undefined ? undefined : await knownOperation(unfinished)
  const options = { cluster, emit, signal, may: 'form' as const, recorded: operation, ...own, ...known?.running }
  const subject = new EtcdSubject(options)
  if (pki !== undefined) await subject.open()
  const standing = known === undefined ? undefined : await stand(subject, known, seen)
  const [asked, drift] = await Promise.all([
    ask(context, seen),
    seeDrift({ subject, stages, hasPki: pki !== undefined, target: standing?.target }, seen),
  ])
  const warnings = subject
    .check(seen)
    .filter(({ warning }) => warning === true)
    .map(({ error: { host, message, next } }) => ({ host, message, next }))
  return { cluster, seen, wire, asked, drift, operation, stands: standing?.text, warnings, now: new Date() }
}

/** Undefined where what is wanted can't be worked out: drift tells why. */
async function stand(subject: EtcdSubject, known: KnownOperation, seen: Seen): Promise<Standing | undefined> {
  const want = await subject.prepare(seen, { purpose: 'plan' }).catch(() => undefined)
  return want === undefined ? undefined : standingOf(known, want, seen)
}

async function seeWires(
  { cluster, connections, signal }: SeeContext,
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

async function ask({ cluster, connections, signal }: SeeContext, seen: Seen): Promise<AskedSeen | undefined> {
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
