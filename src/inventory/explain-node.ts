import { explained, secretText, type Explained } from './explained.ts'
import type { Node, SshKey, SshTarget } from './model.ts'
import type { FindOrigin, Origin } from './origin.ts'
import type { Path } from './schema-keys.ts'

/** One node's values, those of the inventory's `ssh` and `settings` among them. */
export function explainNode(node: Node, find: FindOrigin): Explained[] {
  const at = ['nodes', node.name]
  const address = [...at, 'address']
  const clientAddress = [...at, 'client', 'address']
  const end = (kind: 'peer' | 'client'): Explained[] => {
    const { address: reached, port, listen } = node[kind]
    return [
      explained(find, [...at, kind, 'address'], reached, [address]),
      explained(find, [...at, kind, 'port'], port),
      explained(find, [...at, kind, 'listen'], listen, listen === reached ? [[...at, kind, 'address'], address] : []),
    ]
  }
  const settings = Object.entries(node.settings).map(([flag, value]) =>
    explained(find, [...at, 'settings', flag], value, [['settings', flag]]),
  )
  return [
    ...end('peer'),
    ...end('client'),
    explained(find, [...at, 'client', 'advertise'], node.client.advertise, [clientAddress, address]),
    explained(find, [...at, 'sans'], node.sans),
    ...settings,
    ...login(at, node.ssh, find),
    ...timeouts(at, node, find),
  ]
}

function login(at: readonly string[], ssh: SshTarget, find: FindOrigin): Explained[] {
  const one = (key: string, value: Explained['value'], more: Path[] = []): Explained =>
    explained(find, [...at, 'ssh', key], value, [['ssh', key], ...more], unsaid(ssh, key))
  const { transport, host, port, user, key, agent, jump, knownHosts, config, password, passphrase } = ssh
  return [
    one('transport', transport),
    one('host', host, [
      [...at, 'address'],
      [...at, 'client', 'address'],
    ]),
    one('port', port),
    one('user', user),
    one('key', key),
    ...(password === undefined ? [] : [one('password', secretText(password))]),
    ...(passphrase === undefined ? [] : [one('passphrase', secretText(passphrase))]),
    one('agent', agent),
    one('jump', jump.map(hop)),
    one('config', config),
    one('knownHosts', knownHosts),
    one('sudo', sudoText(ssh)),
  ]
}

/** What goes before a default: the OpenSSH configuration; and of the machine itself, who works on it and which keys there are. */
function unsaid({ config, agent }: SshTarget, key: string): Origin {
  const isAsked: readonly string[] = ['port', 'user', 'key', 'agent', 'jump', 'knownHosts'] satisfies SshKey[]
  const otherwise = config !== false && isAsked.includes(key) ? { unless: config } : {}
  if (key === 'agent' && agent !== false) return { kind: 'environment', of: 'SSH_AUTH_SOCK', ...otherwise }
  if (key === 'user' && config === false) return { kind: 'environment', of: 'your user name' }
  return { kind: 'default', ...otherwise }
}

function hop({ user, host, port }: SshTarget): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`
}

function sudoText({ sudo }: SshTarget): string | boolean {
  if (sudo === false) return false
  return sudo.password === undefined ? true : `with a password: ${secretText(sudo.password)}`
}

/** In milliseconds, as a number means in the inventory. */
function timeouts(at: readonly string[], { timeouts: { connectMs, commandMs, startMs } }: Node, find: FindOrigin) {
  return Object.entries({ connect: connectMs, command: commandMs, start: startMs }).map(([key, ms]) =>
    explained(find, [...at, 'ssh', 'timeouts', key], ms, [['ssh', 'timeouts', key]]),
  )
}
