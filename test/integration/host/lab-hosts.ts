import { readFileSync } from 'node:fs'
import type { SshTarget } from '../../../src/inventory/model.ts'
import type { ConnectOptions } from '../../../src/host/connect.ts'
import { connect } from '../../../src/host/connect.ts'
import type { Host, RunOptions } from '../../../src/host/host.ts'
import { Secret } from '../../../src/secret.ts'
import { labHost, stateFiles, type HostName } from '../../lab/lab.ts'

/** How a user of the lab is let in: root and `deploy` as they are, `ops` with the password that sudo asks for. */
export function target(
  name: HostName,
  user: 'root' | 'deploy' | 'ops' = 'root',
  more: Partial<SshTarget> = {},
): SshTarget {
  return {
    transport: 'ssh2',
    host: labHost(name).address,
    port: 22,
    user,
    key: [stateFiles.key],
    agent: false,
    jump: [],
    knownHosts: [stateFiles.knownHosts],
    config: false,
    sudo: user === 'root' ? false : user === 'ops' ? { password: { from: 'file', path: stateFiles.opsPassword } } : {},
    defaulted: [],
    ...more,
  }
}

export function connectOptions(more: Partial<ConnectOptions> = {}): ConnectOptions {
  return {
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    revealSecret: async (source) => {
      if (source.from === 'env') return new Secret(source.name)
      if (source.from === 'file') return new Secret(readFileSync(source.path, 'utf8').trimEnd())
      throw new Error('nobody is there to be asked')
    },
    ...more,
  }
}

/** Logged in, closed when the test ends. */
export async function logIn(
  wanted: SshTarget,
  finished: (close: () => void) => void,
  options: Partial<ConnectOptions> = {},
): Promise<Host> {
  const connection = await connect(wanted, 'node', connectOptions(options))
  if (connection.kind === 'unreachable') throw connection.error
  finished(() => connection.host.close())
  return connection.host
}

export function runOptions(more: Partial<RunOptions> = {}): RunOptions {
  return { what: 'test', signal: new AbortController().signal, timeoutMs: 20_000, ...more }
}
