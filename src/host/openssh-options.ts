import type { SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'

/** A line of OpenSSH's configuration, or what stands behind `-o`. A path's `%` is none of its tokens. */
function option(keyword: string, ...values: readonly string[]): string {
  return [keyword, ...values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`)].join(' ')
}

export function pathOption(keyword: string, ...paths: readonly string[]): string {
  return option(keyword, ...paths.map((path) => expandHome(path).replaceAll('%', '%%')))
}

/**
 * The configuration that ssh is given: what must be so for us, then the user's own; of each keyword it takes what comes first. Jump hosts of
 * the user's configuration are reached with it too, so it has nothing of one host.
 */
export function configuration({ config, defaulted }: SshTarget, person: 'present' | 'absent'): string {
  const own = defaulted.includes('config') ? ['~/.ssh/config', '/etc/ssh/ssh_config'] : config === false ? [] : [config]
  // A wrong answer, or an empty one, counts as a try: where nobody answers, nothing is to be asked that a server counts
  const unattended = person === 'present' ? [] : ['PasswordAuthentication no', 'KbdInteractiveAuthentication no']
  return [
    ...unattended,
    // Questions come to us, and most of them are refused where nobody is there
    'BatchMode no',
    'StrictHostKeyChecking ask',
    'FingerprintHash sha256',
    'VisualHostKey no',
    'UpdateHostKeys no',
    'LogLevel INFO',
    'ServerAliveInterval 15',
    'ServerAliveCountMax 3',
    ...own.map((file) => option('Include', expandHome(file))),
    '',
  ].join('\n')
}

/** What the inventory says of this host; the rest is for the user's configuration to say. */
export function loginOptions(said: SshTarget, proxyCommand: string | undefined): string[] {
  const isSaid = (key: SshTarget['defaulted'][number]): boolean => !said.defaulted.includes(key)
  const command = proxyCommand ?? said.proxyCommand
  return [
    ...(isSaid('user') ? [option('User', said.user)] : []),
    ...(isSaid('port') ? [`Port ${said.port}`] : []),
    ...(isSaid('key') ? keyOptions(said) : []),
    ...(isSaid('agent') ? [agentOption(said.agent)] : []),
    ...(isSaid('knownHosts') ? knownHostsOptions(said.knownHosts) : []),
    ...(said.hostKeyAlias === undefined ? [] : [option('HostKeyAlias', said.hostKeyAlias)]),
    // To the end of the line: it is shell text
    ...(command === undefined ? [] : [`ProxyCommand ${command}`]),
    ...(command === undefined && isSaid('jump') ? ['ProxyJump none'] : []),
  ]
}

/** For the connection itself, whatever the user's configuration has for one at a terminal. */
export function masterOptions(socket: string): string[] {
  return [
    'ControlMaster yes',
    pathOption('ControlPath', socket),
    'ControlPersist no',
    'ClearAllForwardings yes',
    'PermitLocalCommand no',
    'RemoteCommand none',
    'Tunnel no',
  ]
}

/** For a command that goes over it: never past it, as ssh else would where the master has no room. */
export function overMaster(socket: string): string {
  return [
    'ControlMaster no',
    pathOption('ControlPath', socket),
    'ProxyCommand false',
    'BatchMode yes',
    'RequestTTY no',
    'LogLevel ERROR',
    '',
  ].join('\n')
}

/** Of an agent that holds many, the named ones only: with all of them sshd would hang up before it sees the right one. */
function keyOptions({ key }: SshTarget): string[] {
  if (key.length === 0) return ['IdentityFile none']
  return [...key.map((file) => pathOption('IdentityFile', file)), 'IdentitiesOnly yes']
}

function agentOption(agent: SshTarget['agent']): string {
  if (agent === false) return 'IdentityAgent none'
  return agent === 'SSH_AUTH_SOCK' ? 'IdentityAgent SSH_AUTH_SOCK' : pathOption('IdentityAgent', agent)
}

function knownHostsOptions(files: readonly string[]): string[] {
  return [
    files.length === 0 ? 'UserKnownHostsFile none' : pathOption('UserKnownHostsFile', ...files),
    'GlobalKnownHostsFile none',
  ]
}
