import type { SshTarget } from '../../../src/inventory/model.ts'

/** A host that is reached without keys, agent, jump or configuration, but for what is given. */
export function sshTarget(more: Partial<SshTarget> = {}): SshTarget {
  return {
    transport: 'ssh2',
    host: '127.0.0.1',
    port: 22,
    user: 'ana',
    key: [],
    agent: false,
    jump: [],
    knownHosts: [],
    config: false,
    sudo: false,
    defaulted: [],
    ...more,
  }
}
