import type { Emit } from '../engine/events.ts'
import type { Attempts } from '../host/attempts.ts'
import type { Connection } from '../host/host.ts'
import type { Cluster, NodeName, RevealSecret, SshTarget } from '../inventory/model.ts'
import { timeoutsOf } from '../inventory/timeouts.ts'
import type { AskPerson } from '../ui/ask.ts'
import { confirmingHostKeys } from './confirming-host-keys.ts'
import type { CommonOptions } from './options.ts'

export interface Connecting {
  command: string
  options: CommonOptions
  emit: Emit
  ask: AskPerson
  reveal: RevealSecret
  signal: AbortSignal
  /** Of a run that connects again and again. */
  attempts?: Attempts
  /** Whether a person may be asked for a second factor; by default where there is a terminal. */
  isAttended?: boolean
}

/** `places`: of nodes that may be elsewhere than the inventory says. */
export async function connectToAll(
  cluster: Cluster,
  places: ReadonlyMap<NodeName, readonly SshTarget[]> | undefined,
  { command, options, emit, ask, reveal, signal, attempts, isAttended = process.stdin.isTTY }: Connecting,
): Promise<ReadonlyMap<string, Connection>> {
  const { connectAll } = await import('../host/connect.ts')
  const targets = cluster.nodes.map(({ name, ssh }): [NodeName, SshTarget] => [name, ssh])
  return connectAll(new Map<NodeName, SshTarget | readonly SshTarget[]>([...targets, ...(places ?? [])]), {
    concurrency: cluster.concurrency,
    signal,
    timeoutMs: cluster.timeouts.connectMs,
    timeoutMsOf: (name: string) => Math.min(timeoutsOf(cluster, name).connectMs, patienceMs[command] ?? Infinity),
    revealSecret: reveal,
    ...(attempts && { attempts }),
    ...(isAttended && {
      askPerson: (question: string) => ask.secret(question, 'run it on a terminal: only a person can answer'),
    }),
    ...confirmingHostKeys(ask, options),
    onCommand: (report) => emit({ type: 'command', ...report, durationMs: Math.round(report.durationMs) }),
  })
}

/** A host that is switched off must not delay what the others answer, nor a revocation on them. */
const patienceMs: Partial<Record<string, number>> = {
  status: 5000,
  exec: 5000,
  logs: 5000,
  'certs list': 5000,
  'snapshot save': 5000,
  'certs revoke': 10_000,
}
