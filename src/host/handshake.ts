import type { Duplex } from 'node:stream'
import type { Client as SshClient } from 'ssh2'
import ssh2 from 'ssh2'
import { DeployError } from '../errors.ts'
import type { HostKeyCheck } from './host-key.ts'
import type { Login } from './login.ts'

/** Host key and login on a fresh TCP connection; 'dropped': sshd hung up before it said a word. */
export async function handshake(
  socket: Duplex,
  username: string,
  check: HostKeyCheck,
  ways: Login,
  name: string,
  where: string,
  signal: AbortSignal,
): Promise<SshClient | 'dropped'> {
  const client = new ssh2.Client()
  const { promise, resolve, reject } = Promise.withResolvers<SshClient | 'dropped'>()
  let greeted = false
  let hungUp = false
  for (const ending of ['end', 'close']) socket.once(ending, () => (hungUp = true))
  const aborted = (): void => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  let refused = false
  const refuse = (said?: string): void => {
    refused = true
    void ways.failure(where, said).then(reject)
  }
  void ways.gaveUp.then(() => refuse())
  client.on('ready', () => resolve(client))
  client.on('handshake', () => (greeted = true))
  client.on('error', (error: Error & { level?: string; code?: unknown }) => {
    // The next way to log in follows by itself
    if (error.level === 'agent') return
    if (error.level === 'client-authentication') refuse()
    // A number: sshd has ended it in so many words, as after too many keys
    else if (greeted && typeof error.code === 'number') refuse(error.message)
    else if (!greeted && (hungUp || error.code === 'ECONNRESET')) resolve('dropped')
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
    authHandler: (accepted, partial, next) => {
      ways.next(accepted as readonly string[] | null, partial).then(
        (way) => next(way as Parameters<typeof next>[0]),
        (error: unknown) => reject(error),
      )
    },
  })
  try {
    const outcome = await promise
    ways.over(outcome !== 'dropped')
    return outcome
  } catch (error) {
    ways.over(false)
    client.on('error', () => {})
    client.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', aborted)
  }
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
    next: /packet length/i.test(cause.message)
      ? 'see Banner in its sshd_config: the ssh2 library takes one of 34 000 bytes at most'
      : 'see sshd’s log on the host; its key exchange or host key algorithms may be too old or too new',
    cause,
  })
}
