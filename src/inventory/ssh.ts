import { defaultPorts } from './address-rules.ts'
import type { JumpOptions, Jump, SshOptions } from './define.ts'
import { parseJump } from './jump-text.ts'
import { localPath } from './local-path.ts'
import type { SshKey, SshTarget } from './model.ts'
import { secretSource } from './secret-source.ts'

/** What of the controller goes into an inventory's defaults; given, so that resolving reads nothing but what it is told. */
export interface Surroundings {
  /** The inventory's file, absolute. */
  file: string
  /** Its folder: what relative paths are relative to. */
  folder: string
  env: Readonly<Record<string, string | undefined>>
  home: string
  /** Who runs this. */
  user: string
  exists(path: string): boolean
}

type Options = Omit<SshOptions, 'concurrency' | 'timeouts'>

/** How one node is reached: its own options, then those for all, then OpenSSH's defaults. */
export function sshTarget(node: string, address: string, all: Options, own: Options, at: Surroundings): SshTarget {
  const said = { ...all, ...own }
  const user = said.user ?? at.user
  // A secret that is the same for all nodes is asked for once: its label is the same then.
  const label = (what: string, key: 'password' | 'passphrase' | 'sudo') =>
    own[key] === undefined ? what : `${what} on ${node}`
  const who = said.user === undefined ? 'SSH password' : `SSH password of ${user}`
  const target = {
    host: said.host ?? address,
    ...loginOf(said, at),
    ...optional('password', secretSource(said.password, label(who, 'password'), at)),
    ...optional('passphrase', secretSource(said.passphrase, label(passphraseLabel(said), 'passphrase'), at)),
    sudo: sudoOf(said, label(`sudo password of ${user}`, 'sudo'), at),
    defaulted: unsaid(said),
  }
  const jumps = said.jump === undefined || said.jump === false ? [] : [said.jump].flat()
  return { ...target, jump: jumps.map((jump) => jumpTarget(jump, said, at)) }
}

/** What a jump host does not say is as for the host behind it, but what OpenSSH's configuration has for it goes before. */
function jumpTarget(jump: Jump, behind: Options, at: Surroundings): SshTarget {
  const own: JumpOptions = typeof jump === 'string' ? parseJump(jump) : jump
  const { transport, user, key, passphrase, agent, config, knownHosts } = behind
  const inherited = {
    ...present({ transport, user, key, agent, config, knownHosts }),
    ...(own.key === undefined ? present({ passphrase }) : {}),
  }
  const said: Options = { ...inherited, ...own }
  const name = `${said.user === undefined ? '' : `${said.user}@`}${own.host}`
  return {
    host: own.host,
    ...loginOf(said, at),
    ...optional('password', secretSource(own.password, `SSH password of ${name}`, at)),
    ...optional('passphrase', secretSource(said.passphrase, passphraseLabel(said), at)),
    jump: [],
    sudo: false,
    defaulted: unsaid(own),
  }
}

function loginOf(
  said: Options,
  at: Surroundings,
): Pick<SshTarget, 'transport' | 'port' | 'user' | 'key' | 'agent' | 'config' | 'knownHosts'> {
  const path = (text: string): string => localPath(text, at.home, at.folder)
  const files = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `~/.ssh/${name}`)
  const config = said.config ?? (at.exists(path('~/.ssh/config')) ? '~/.ssh/config' : false)
  return {
    transport: said.transport ?? 'ssh2',
    port: said.port ?? defaultPorts.ssh,
    user: said.user ?? at.user,
    key: said.key === undefined ? files.map(path).filter((file) => at.exists(file)) : [said.key].flat().map(path),
    agent: agentOf(said.agent, at),
    config: config === false ? false : path(config),
    knownHosts: [said.knownHosts ?? ['~/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts']].flat().map(path),
  }
}

function agentOf(agent: Options['agent'], at: Surroundings): SshTarget['agent'] {
  if (typeof agent === 'string') return localPath(agent, at.home, at.folder)
  if (agent === undefined) return (at.env['SSH_AUTH_SOCK'] ?? '') === '' ? false : 'SSH_AUTH_SOCK'
  return agent && 'SSH_AUTH_SOCK'
}

function sudoOf({ sudo, user }: Options, label: string, at: Surroundings): SshTarget['sudo'] {
  if (sudo === false) return false
  if (sudo === undefined || sudo === true) return sudo === undefined && user === 'root' ? false : {}
  return { ...optional('password', secretSource(sudo.password, label, at)) }
}

function passphraseLabel({ key }: Options): string {
  return key === undefined ? 'passphrase of the SSH key' : `passphrase of ${[key].flat().join(', ')}`
}

function unsaid(said: Options): SshKey[] {
  const keys: SshKey[] = ['host', 'port', 'user', 'key', 'agent', 'jump', 'config', 'knownHosts']
  return keys.filter((key) => said[key] === undefined)
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value }
}

function present<T extends object>(record: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}
