import type { Duplex } from 'node:stream'
import type { Escalation } from './command.ts'
import type { Connected } from './connected.ts'
import { noShell, type Attempt } from './failures.ts'
import type { Host, Script } from './host.ts'
import type { Limit } from './limit.ts'
import { takeLock } from './lock.ts'
import type { Process } from './process.ts'
import { runBlocks } from './run.ts'
import type { CommandReport, Shell } from './shell.ts'
import { streamCommand } from './stream.ts'
import { mayAskSudo, sudoRefusal } from './sudo.ts'

/** What a transport does in its own way. */
export interface HostMeans {
  /** Starts the shell that reads a script from stdin. */
  launch(shell: Shell, attempt: Attempt, limit: Limit): Promise<Process>
  dial(address: string, port: number, signal: AbortSignal): Promise<Duplex>
  /** What is sent of the scripts' files. */
  asSent(blocks: readonly Script[]): readonly Script[]
}

/** A logged-in connection as a host. */
export function shellHost(
  name: string,
  { target, ended, end }: Connected,
  escalation: Escalation,
  onCommand: ((report: CommandReport) => void) | undefined,
  means: HostMeans,
): Host {
  const shell: Shell = {
    host: name,
    target: `${target.user}@${target.host}:${target.port}`,
    cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
    async launch(attempt, limit) {
      if (escalation.kind === 'sudo-password') mayAskSudo(escalation, attempt)
      return means.launch(shell, attempt, limit)
    },
    refusal: escalation.kind === 'none' ? noShell : sudoRefusal,
    ...(onCommand && { onCommand }),
  }
  return {
    name,
    target: shell.target,
    cost: shell.cost,
    run: (blocks, options) => runBlocks(shell, means.asSent(blocks), options),
    stream: (words, options) => streamCommand(shell, words, options),
    lock: (fence, blocks, options) => takeLock(shell, fence, blocks, options),
    dial: means.dial,
    close: end,
    ended,
  }
}
