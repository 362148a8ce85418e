import type { Client } from './client.ts'
import { openClient } from './client.ts'
import { forward } from './forward.ts'
import type { Reached } from './reach.ts'
import { reach } from './reach.ts'
import { applySshConfig } from './ssh-config.ts'
import { sshHost } from './ssh-host.ts'
import type { Transport } from './transport.ts'

type Reach = (signal: AbortSignal) => Promise<Reached>

/** SSH as the ssh2 library speaks it; OpenSSH's configuration is heeded, as far as that library can. */
export const ssh2Transport: Transport<Client, Reach> = {
  resolve: (target) => applySshConfig(target),
  direct: (name, target) => (signal) => reach(name, target, signal),
  through: (hop, target) => async (signal) => ({
    socket: await forward(hop.ssh, target.host, target.port, hop.target.host, signal),
  }),
  logIn: openClient,
  host: sshHost,
}
