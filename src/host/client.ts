import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client as SshClient } from 'ssh2'
import ssh2 from 'ssh2'
import { DeployError } from '../errors.ts'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import { deadline } from './deadline.ts'
import type { ConfirmHostKey } from './host-key.ts'
import { hostKeyCheck } from './host-key.ts'
import { readIdentities } from './identity.ts'
import { login } from './login.ts'

export interface LoginOptions {
  signal: AbortSignal
  /** For the TCP connection and the login, each; a person who is asked may take longer. */
  timeoutMs: number
  revealSecret: RevealSecret
  confirmHostKey?: ConfirmHostKey
}

/** A logged-in connection. */
export interface Client {
  ssh: SshClient
  socket: Duplex
  /** What ended it, once it has. */
  ended: Promise<Error | undefined>
}

/** Opens one connection: TCP (or through the host before it), host key, login. */
export async function openClient(
  name: string,
  target: SshTarget,
  reachSocket: (signal: AbortSignal) => Promise<Duplex>,
  options: LoginOptions,
): Promise<Client> {
  const where = `${target.host}, port ${target.port},`
  const identities = await readIdentities(target, options.revealSecret)
  const limit = deadline(options.timeoutMs, () => silent(name, target, options.timeoutMs))
  const signal = AbortSignal.any([options.signal, limit.signal])
  try {
    for (let attempt = 1; ; attempt++) {
      const socket = await reachSocket(signal)
      const ways = login(target, identities, (source) => limit.whileAsking(() => options.revealSecret(source)))
      const confirm = options.confirmHostKey
      const check = await hostKeyCheck(
        name,
        target.host,
        target.port,
        target.knownHosts,
        confirm && ((...shown) => limit.whileAsking(() => confirm(...shown))),
      )
      const outcome = await handshake(socket, target.user, check, ways, name, where, signal)
      if (outcome !== 'dropped') return { ssh: outcome, socket, ended: ending(outcome) }
      // sshd drops new connections at random while many log in at once (MaxStartups)
      if (attempt === dropsTolerated) throw dropped(name, where)
      await sleep(attempt * 200 + Math.random() * 300, undefined, { signal })
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    limit.clear()
  }
}

const dropsTolerated = 8

type Check = Awaited<ReturnType<typeof hostKeyCheck>>
type Ways = ReturnType<typeof login>

async function handshake(
  socket: Duplex,
  username: string,
  check: Check,
  ways: Ways,
  name: string,
  where: string,
  signal: AbortSignal,
): Promise<SshClient | 'dropped'> {
  const client = new ssh2.Client()
  const { promise, resolve, reject } = Promise.withResolvers<SshClient | 'dropped'>()
  let greeted = false
  const aborted = (): void => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  let refused = false
  const refuse = (said?: string): void => {
    refused = true
    void ways.failure(name, where, said).then(reject)
  }
  client.on('ready', () => resolve(client))
  client.on('handshake', () => (greeted = true))
  client.on('error', (error: Error & { level?: string; code?: unknown }) => {
    // The next way to log in follows by itself
    if (error.level === 'agent') return
    if (error.level === 'client-authentication') refuse()
    // A number: sshd has ended it in so many words, as after too many keys
    else if (greeted && typeof error.code === 'number') refuse(error.message)
    else if (!greeted && /before handshake|ECONNRESET/.test(error.message)) resolve('dropped')
    else reject(brokenHandshake(name, where, error))
  })
  client.on('change password', () => reject(expired(name, username)))
  client.on('close', () => {
    if (!refused) reject(brokenHandshake(name, where, new Error('the connection was closed')))
  })
  client.connect({
    sock: socket,
    readyTimeout: 0,
    keepaliveInterval: 15_000,
    keepaliveCountMax: 3,
    algorithms: { serverHostKey: check.algorithms },
    hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => {
      check.verify(key).then(
        () => verify(true),
        (error: unknown) => {
          reject(error)
          verify(false)
        },
      )
    },
    username,
    authHandler: (accepted, _partial, next) => {
      ways.next(accepted as readonly string[] | null).then(
        (way) => next(way as Parameters<typeof next>[0]),
        (error: unknown) => reject(error),
      )
    },
  })
  try {
    return await promise
  } catch (error) {
    client.on('error', () => {})
    client.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

function ending(client: SshClient): Promise<Error | undefined> {
  let cause: Error | undefined
  client.on('error', (error: Error) => (cause ??= error))
  return new Promise((resolve) => client.on('close', () => resolve(cause)))
}

function silent(name: string, target: SshTarget, timeoutMs: number): DeployError {
  return new DeployError({
    host: name,
    message: `no answer within ${timeoutMs / 1000} s`,
    tried: `SSH to ${target.user}@${target.host}, port ${target.port}`,
    next: 'see whether the host is up and no firewall drops the port; timeouts.connect gives it longer',
  })
}

function dropped(name: string, where: string): DeployError {
  return new DeployError({
    host: name,
    message: 'sshd closed the connection before saying who it is, several times',
    tried: `SSH to ${where} ${dropsTolerated} times`,
    next: 'see MaxStartups in its sshd_config, its log, and whether this is an SSH port at all',
  })
}

function expired(name: string, user: string): DeployError {
  return new DeployError({
    host: name,
    message: `the password of ${user} has expired`,
    tried: 'SSH login with the password',
    next: 'log in by hand once and change it',
  })
}

function brokenHandshake(name: string, where: string, cause: Error): DeployError {
  return new DeployError({
    host: name,
    message: 'the SSH connection broke before the login was done',
    tried: `SSH to ${where.replace(/,$/, '')}`,
    answered: cause.message,
    next: 'see sshd’s log on the host; its key exchange or host key algorithms may be too old or too new',
    cause,
  })
}
