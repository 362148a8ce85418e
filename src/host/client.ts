import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client as SshClient } from 'ssh2'
import { DeployError } from '../errors.ts'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import type { Secret } from '../secret.ts'
import type { Attempts } from './attempts.ts'
import type { Connected } from './connected.ts'
import { deadline } from './deadline.ts'
import type { ConfirmHostKey, Place } from './host-key.ts'
import { handshake } from './handshake.ts'
import { hostKeyCheck } from './host-key.ts'
import { readOffers } from './key-offers.ts'
import { login } from './login.ts'
import type { Reached } from './reach.ts'
import type { Sessions } from './sessions.ts'
import { sessions } from './sessions.ts'

export interface LoginOptions {
  signal: AbortSignal
  /** Until the host has let us in; a person who is asked may take longer. */
  timeoutMs: number
  revealSecret: RevealSecret
  confirmHostKey?: ConfirmHostKey
  /** What a host asks for besides the password: a code that only a person has. */
  askPerson?: (question: string) => Promise<Secret>
}

/** For all the logins of a run. */
export interface Attempting extends LoginOptions, Attempts {}

/** A logged-in connection. */
export interface Client extends Connected {
  ssh: SshClient
  socket: Duplex
  sessions: Sessions
}

/** Opens one connection: TCP (or through the host before it), host key, login. `others`: where the same host may be too. */
export async function openClient(
  name: string,
  target: SshTarget,
  reachHost: (signal: AbortSignal) => Promise<Reached>,
  options: Attempting,
  others: readonly Place[] = [],
): Promise<Client> {
  const where = `${target.host}, port ${target.port},`
  const keys = await readOffers(target, options.revealSecret)
  const limit = deadline(options.timeoutMs, () => silent(name, target, options.timeoutMs))
  const signal = AbortSignal.any([options.signal, limit.signal])
  try {
    for (let attempt = 1; ; attempt++) {
      const { socket, said } = await reachHost(signal)
      const { confirmHostKey: confirm, askPerson: ask, tries, past } = options
      const ways = login(target, {
        name,
        keys,
        reveal: (source) => limit.whileAsking(() => options.revealSecret(source)),
        tries: { ...tries, turn: (...what) => limit.whileAsking(() => tries.turn(...what)) },
        past: past.of(name, target),
        askPerson: ask && ((question) => limit.whileAsking(() => ask(question))),
      })
      const check = await hostKeyCheck(
        name,
        target,
        confirm && ((...shown) => limit.whileAsking(() => confirm(...shown))),
        others,
      )
      if (signal.aborted) socket.destroy()
      signal.throwIfAborted()
      const outcome = await handshake(socket, target.user, check, ways, name, where, signal)
      if (outcome !== 'dropped') return client(target, outcome, socket)
      // sshd drops new connections at random while many log in at once (MaxStartups)
      if (attempt === dropsTolerated) throw dropped(name, where, said?.())
      await sleep(attempt * 200 + Math.random() * 300, undefined, { signal })
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    limit.clear()
  }
}

export const dropsTolerated = 8
const farewellMs = 2000

function client(target: SshTarget, ssh: SshClient, socket: Duplex): Client {
  const end = (): void => {
    ssh.end()
    // A host that has gone silent confirms no end: it must not keep this process from its own
    setTimeout(() => socket.destroy(), farewellMs).unref()
  }
  return { target, ssh, socket, ended: ending(ssh), end, sessions: sessions() }
}

function ending(client: SshClient): Promise<Error | undefined> {
  let cause: Error | undefined
  client.on('error', (error: Error) => (cause ??= error))
  return new Promise((resolve) => client.on('close', () => resolve(cause)))
}

export function silent(name: string, target: SshTarget, timeoutMs: number): DeployError {
  return new DeployError({
    host: name,
    message: `no answer within ${timeoutMs / 1000} s`,
    tried: `SSH to ${target.user}@${target.host}, port ${target.port}`,
    next: 'see whether the host is up and no firewall drops the port; timeouts.connect gives it longer',
  })
}

export function dropped(name: string, where: string, said: string | undefined): DeployError {
  return new DeployError({
    host: name,
    message: 'sshd closed the connection before saying who it is, several times',
    tried: `SSH to ${where} ${dropsTolerated} times`,
    ...(said === undefined || said === '' ? {} : { answered: said }),
    next: 'see MaxStartups in its sshd_config, its log, and whether this is an SSH port at all',
  })
}
