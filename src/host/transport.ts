import type { SshTarget } from '../inventory/model.ts'
import type { Attempting } from './client.ts'
import type { Escalation } from './command.ts'
import type { Connected } from './connected.ts'
import type { Host } from './host.ts'
import type { CommandReport } from './shell.ts'

/** How SSH is spoken: by the ssh2 library, or by the installed OpenSSH. `Way`: what leads to an sshd that has not said anything yet. */
export interface Transport<C extends Connected, Way> {
  /** With what the OpenSSH configuration says, where that is for us to know before the login. */
  resolve(target: SshTarget): Promise<SshTarget>
  direct(name: string, target: SshTarget): Way
  /** By way of a jump host. */
  through(hop: C, target: SshTarget): Way
  /** `others`: where the same host may be too. */
  logIn(name: string, target: SshTarget, way: Way, options: Attempting, others: readonly SshTarget[]): Promise<C>
  host(
    name: string,
    connection: C,
    escalation: Escalation,
    onCommand: ((report: CommandReport) => void) | undefined,
  ): Host
}
