import { randomBytes } from 'node:crypto'
import { DeployError } from '../errors.ts'
import { NoRoom, whereIsRoom } from './channel.ts'
import { remoteCommand, type Escalation } from './command.ts'
import type { Attempt } from './failures.ts'
import type { Limit } from './limit.ts'
import { forwardOver } from './openssh-forward.ts'
import { openMaster, type Master } from './openssh-master.ts'
import { throughMaster, type OpenSshWay } from './openssh-proxy.ts'
import { untilReady } from './openssh-ready.ts'
import { openSession } from './openssh-session.ts'
import type { Process } from './process.ts'
import { shellHost } from './shell-host.ts'
import type { Shell } from './shell.ts'
import { passSudo } from './sudo.ts'
import type { Transport } from './transport.ts'

/**
 * SSH as the installed OpenSSH speaks it, with the user's own configuration: host and user certificates, FIDO keys, GSSAPI, PKCS#11. One
 * master for each host, and for each command an `ssh` over it.
 */
export const openSshTransport: Transport<Master, OpenSshWay> = {
  // ssh looks into its configuration itself, by the name that it is given
  resolve: async (target) => target,
  direct: () => undefined,
  through: throughMaster,
  logIn: openMaster,
  host: (name, master, escalation, onCommand) =>
    shellHost(name, master, escalation, onCommand, {
      launch: (shell, attempt, limit) => launch(master, escalation, shell, attempt, limit),
      dial: (address, port, signal) => forwardOver(master, address, port, signal),
      asSent: (blocks) => blocks,
    }),
}

async function launch(
  master: Master,
  escalation: Escalation,
  shell: Shell,
  attempt: Attempt,
  limit: Limit,
): Promise<Process> {
  const open = async (): Promise<Process> => {
    const token = randomBytes(8).toString('hex')
    const process = openSession(master, remoteCommand(escalation, token, 'always'), attempt)
    try {
      if (escalation.kind === 'sudo-password') await passSudo(process, escalation, token, attempt, limit)
      else await untilReady(process, token, attempt, shell.refusal, limit.signal)
      master.sessions.begin()
      void process.ended.then(master.sessions.end)
      return process
    } catch (error) {
      throw error instanceof DeployError && error.cause instanceof NoRoom ? error.cause : error
    }
  }
  return whereIsRoom(master.sessions, open, limit.signal)
}
