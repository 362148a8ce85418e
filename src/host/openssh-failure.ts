import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import type { Last } from './openssh-holder.ts'
import type { Questions } from './openssh-questions.ts'
import { unreachable } from './reach.ts'

/**
 * Why ssh did not log in. It has one exit code for all its troubles, so that its words are all there is to tell them apart by; what none of
 * these patterns knows is told as ssh says it. `dropped`: sshd hung up before it said who it is.
 */
export function loginFailure(
  name: string,
  target: SshTarget,
  { log, stderr }: Last,
  asked: Pick<Questions, 'unknownKey' | 'unanswered'>,
): DeployError | 'dropped' {
  const { host, port, user } = target
  const code = networkTroubles.find(([pattern]) => pattern.test(log))?.[1]
  if (code !== undefined) return unreachable(name, host, port, Object.assign(new Error(log), { code }), log)
  if (/host key verification failed|revoked host key/i.test(log)) return hostKeyFailure(name, target, log, asked)
  if (/Permission denied \(|Too many authentication failures/.test(log)) return refusedLogin(name, target, log, asked)
  // A program that should have made the connection tells why it could not
  if (hungUp.test(log) && (stderr === '' || hungUp.test(stderr))) return 'dropped'
  return new DeployError({
    host: name,
    message: 'the SSH connection broke before the login was done',
    tried: `ssh to ${user}@${host}, port ${port}`,
    answered: [stderr, log].filter((part) => part !== '').join('\n'),
    next: `see sshd’s log on the host, and what ssh says by hand: ${byHand(target)}`,
  })
}

const hungUp = /exchange_identification: (read: )?Connection (closed|reset)/

const networkTroubles: [RegExp, string][] = [
  [/Could not resolve hostname .*Temporary failure/i, 'EAI_AGAIN'],
  [/Could not resolve hostname/, 'ENOTFOUND'],
  [/connect to .*: Connection refused/, 'ECONNREFUSED'],
  [/connect to .*: No route to host/, 'EHOSTUNREACH'],
  [/connect to .*: Network is unreachable/, 'ENETUNREACH'],
  [/connect to .*timed out/i, 'ETIMEDOUT'],
]

function hostKeyFailure(
  name: string,
  target: SshTarget,
  log: string,
  asked: Pick<Questions, 'unknownKey'>,
): DeployError {
  const { host, port, hostKeyAlias, knownHosts } = target
  const at = hostKeyAlias ?? (port === 22 ? host : `[${host}]:${port}`)
  const facts = { host: name, tried: `checking the host key of ${at}`, exitCode: exitCode.refused }
  const compare =
    'compare with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` (or of another type) prints on the host’s console'
  const unknown = asked.unknownKey()
  if (unknown !== undefined)
    return new DeployError({
      ...facts,
      message: `the host key is not known: ${unknown.type} ${unknown.fingerprint}`,
      answered: knownHosts.length === 0 ? 'no known_hosts file is given' : `not in ${knownHosts.join(', ')}`,
      next: [compare, 'to trust it: --accept-new-host-keys, or connect once with ssh'],
    })
  if (/revoked/i.test(log))
    return new DeployError({
      ...facts,
      message: 'the host key is revoked',
      answered: log,
      next: 'somebody may pose as this host: ask the person who revoked the key',
    })
  if (/IDENTIFICATION HAS CHANGED/.test(log))
    return new DeployError({
      ...facts,
      message: 'the host key has CHANGED: somebody may pose as this host, or it was installed anew',
      answered: log,
      next: [compare, `if it is right: ssh-keygen -R '${at}' -f ${knownHosts[0] ?? '~/.ssh/known_hosts'}`],
    })
  return new DeployError({
    ...facts,
    message: 'ssh did not accept the host key',
    answered: log,
    next: [compare, `see what ssh says by hand: ${byHand(target)}`],
  })
}

function refusedLogin(name: string, target: SshTarget, log: string, asked: Pick<Questions, 'unanswered'>): DeployError {
  const { host, port, user, key, defaulted } = target
  const keys = defaulted.includes('key') ? [] : key.map((file) => `key ${file}`)
  const unanswered = asked.unanswered().map((question) => `it asked "${question}", and nobody is there to answer`)
  return new DeployError({
    host: name,
    message: `${host}, port ${port}, let ${user} in by none of the ways tried`,
    tried: [
      `ssh to ${user}@${host}, ${keys.length === 0 ? 'with the keys that it finds' : keys.join(', ')}`,
      ...unanswered,
    ].join('; '),
    answered: log,
    next: [
      ...(unanswered.length === 0 ? [] : ['run it on a terminal, or add the key to an agent: ssh-add']),
      ...(/Too many/.test(log) ? ['name the right key in ssh.key: sshd hangs up after too many (MaxAuthTries)'] : []),
      `see what ssh tries: ${byHand(target)}`,
    ],
  })
}

function byHand({ host, port, user }: SshTarget): string {
  return `ssh -v -p ${port} ${user}@${host}`
}
