import { createHash } from 'node:crypto'

import { DeployError } from '../errors.ts'
import type { Connection, Fence, Script } from '../host/host.ts'
import type { Emit } from './events.ts'
import { repairFirst } from './repair-first.ts'
import { operationText, removeOperation, writeOperation, type Operation } from './operation.ts'

/** An operation and the places where its intent is kept. */
export interface Intent {
  operation: Operation
  /** Beside the inventory. */
  localPath: string
  /** On every reachable host. */
  hostPath: string
  /** It outlives the last change: nobody else holds yet what it intends. */
  stays?: true
  /** A host of which nothing shall be left. */
  notOn?: string
}

export interface IntentContext {
  connections: ReadonlyMap<string, Connection>
  emit: Emit
  signal: AbortSignal
  fence: Fence
  timeoutMs(host: string): number
}

/** Before the first change: first here, then on the hosts, so that a host never knows of an operation that nobody can finish. */
export async function writeIntent(intent: Intent, context: IntentContext): Promise<void> {
  await writeOperation(intent.localPath, intent.operation)
  const bytes = Buffer.from(operationText(intent.operation))
  const content = { kind: 'bytes' as const, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  const file = { path: intent.hostPath, content, mode: 0o600, owner: 'root', group: 'root' }
  await onReachable(intent, context, 'write the operation record', {
    // A new member's host may not have the folder yet; others than root go through those above it.
    text: '(umask 022; mkdir -p "$(dirname "$1")"); install_files',
    args: [intent.hostPath],
    files: [file],
  })
  context.emit({ type: 'record-written', operation: intent.operation.name })
}

/** After the last change: here last, so that as long as any host knows of it, this controller does too. */
export async function removeIntent(intent: Intent, context: IntentContext): Promise<void> {
  await onReachable(intent, context, 'remove the operation record', { text: 'rm -f -- "$1"', args: [intent.hostPath] })
  await removeOperation(intent.localPath)
  context.emit({ type: 'record-removed', operation: intent.operation.name })
}

async function onReachable({ notOn }: Intent, context: IntentContext, what: string, script: Script): Promise<void> {
  const hosts = [...context.connections.values()].flatMap((each) => (each.kind === 'connected' ? [each.host] : []))
  const holders = hosts.filter(({ name }) => name !== notOn)
  await Promise.all(
    holders.map(async (host) => {
      const { signal, fence } = context
      const timeoutMs = context.timeoutMs(host.name)
      const result = await host.run([script], { what, signal, timeoutMs, fence })
      if (result.blocks[0]?.code !== 0)
        throw new DeployError({
          message: `could not ${what}`,
          host: host.name,
          tried: what,
          answered: result.stderr,
          next: repairFirst,
        })
    }),
  )
}
