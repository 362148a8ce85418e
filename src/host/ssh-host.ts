import { randomBytes } from 'node:crypto'
import type { SshTarget } from '../inventory/model.ts'
import { openChannel } from './channel.ts'
import { endClient, type Client } from './client.ts'
import type { Escalation } from './command.ts'
import { remoteCommand } from './command.ts'
import { noShell } from './failures.ts'
import { isFastLink } from './fast-link.ts'
import { forward } from './forward.ts'
import type { FilePut, Host, Script } from './host.ts'
import { takeLock } from './lock.ts'
import { runBlocks } from './run.ts'
import type { CommandReport, Shell } from './shell.ts'
import { streamCommand } from './stream.ts'
import { mayAskSudo, passSudo, sudoRefusal } from './sudo.ts'

/** A logged-in connection as a host. */
export function sshHost(
  name: string,
  target: SshTarget,
  client: Client,
  escalation: Escalation,
  onCommand: ((report: CommandReport) => void) | undefined,
): Host {
  const shell: Shell = {
    host: name,
    target: `${target.user}@${target.host}:${target.port}`,
    cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
    async launch(attempt, limit) {
      if (escalation.kind === 'sudo-password') mayAskSudo(escalation, attempt)
      const token = randomBytes(8).toString('hex')
      const process = await openChannel(client, remoteCommand(escalation, token), attempt, limit.signal)
      if (escalation.kind === 'sudo-password') await passSudo(process, escalation, token, attempt, limit)
      return process
    },
    refusal: escalation.kind === 'none' ? noShell : sudoRefusal,
    ...(onCommand && { onCommand }),
  }
  const asSent = isFastLink(client.socket) ? uncompressed : (blocks: readonly Script[]) => blocks
  return {
    name,
    target: shell.target,
    cost: shell.cost,
    run: (blocks, runOptions) => runBlocks(shell, asSent(blocks), runOptions),
    stream: (words, streamOptions) => streamCommand(shell, words, streamOptions),
    lock: (fence, blocks, lockOptions) => takeLock(shell, fence, blocks, lockOptions),
    dial: (address, port, signal) => forward(client.ssh, address, port, name, signal),
    close: () => endClient(client),
    ended: client.ended,
  }
}

function uncompressed(blocks: readonly Script[]): Script[] {
  return blocks.map(({ files, ...block }) => ({ ...block, ...(files && { files: files.map(withoutGzip) }) }))
}

function withoutGzip(file: FilePut): FilePut {
  if (file.content.kind === 'bytes') return file
  const { gzip: _, ...content } = file.content
  return { ...file, content }
}
