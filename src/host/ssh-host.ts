import { randomBytes } from 'node:crypto'
import { openChannel } from './channel.ts'
import type { Client } from './client.ts'
import type { Escalation } from './command.ts'
import { remoteCommand } from './command.ts'
import { isFastLink } from './fast-link.ts'
import { forward } from './forward.ts'
import type { FilePut, Host, Script } from './host.ts'
import type { CommandReport } from './shell.ts'
import { shellHost } from './shell-host.ts'
import { passSudo } from './sudo.ts'

/** A logged-in connection of the ssh2 library as a host. */
export function sshHost(
  name: string,
  client: Client,
  escalation: Escalation,
  onCommand: ((report: CommandReport) => void) | undefined,
): Host {
  return shellHost(name, client, escalation, onCommand, {
    async launch(_shell, attempt, limit) {
      const token = randomBytes(8).toString('hex')
      const process = await openChannel(client, remoteCommand(escalation, token), attempt, limit.signal)
      if (escalation.kind === 'sudo-password') await passSudo(process, escalation, token, attempt, limit)
      return process
    },
    dial: (address, port, signal) => forward(client.ssh, address, port, name, signal),
    asSent: isFastLink(client.socket) ? uncompressed : (blocks) => blocks,
  })
}

function uncompressed(blocks: readonly Script[]): Script[] {
  return blocks.map(({ files, ...block }) => ({ ...block, ...(files && { files: files.map(withoutGzip) }) }))
}

function withoutGzip(file: FilePut): FilePut {
  if (file.content.kind === 'bytes') return file
  const { gzip: _, ...content } = file.content
  return { ...file, content }
}
