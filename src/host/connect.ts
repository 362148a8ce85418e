import pLimit from 'p-limit'
import { DeployError } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { attempts, type Attempts } from './attempts.ts'
import type { Attempting, LoginOptions } from './client.ts'
import type { Escalation } from './command.ts'
import type { Connected } from './connected.ts'
import type { Connection, Host } from './host.ts'
import { jumpRoutes } from './jump.ts'
import { openSshTransport } from './openssh-transport.ts'
import { logInAtAny } from './places.ts'
import type { CommandReport } from './shell.ts'
import { ssh2Transport } from './ssh2-transport.ts'
import type { Transport } from './transport.ts'

export interface ConnectOptions extends LoginOptions {
  /** Every command with its time. */
  onCommand?: (report: CommandReport) => void
  /** Of the connections that this run has made before. */
  attempts?: Attempts
}

/** Logs in to one host; that it cannot be reached is a value, an abort is not. */
export async function connect(target: SshTarget, name: string, options: ConnectOptions): Promise<Connection> {
  return connectBy(logins(), target, name, { ...options, ...(options.attempts ?? attempts()) })
}

/**
 * All hosts at once, `concurrency` at a time; nodes behind the same jump host share one connection to it. Several targets of a node are
 * the same host at several places, the first preferred: it is sought at all of them together.
 */
export async function connectAll(
  targets: ReadonlyMap<string, SshTarget | readonly SshTarget[]>,
  options: ConnectOptions & {
    concurrency: number
    /** Where a host has its own. */
    timeoutMsOf?: (name: string) => number
  },
): Promise<Map<string, Connection>> {
  const limit = pLimit(options.concurrency)
  const oneQuestion = pLimit(1)
  const { confirmHostKey } = options
  const asking: ConnectOptions & Attempting = {
    ...options,
    ...(options.attempts ?? attempts()),
    ...(confirmHostKey && { confirmHostKey: (...shown) => oneQuestion(() => confirmHostKey(...shown)) }),
  }
  const byTransport = logins()
  const outcomes = await Promise.allSettled(
    [...targets].map(([name, places]) =>
      limit(async (): Promise<[string, Connection]> => [
        name,
        await connectBy(byTransport, places, name, {
          ...asking,
          timeoutMs: options.timeoutMsOf?.(name) ?? options.timeoutMs,
        }),
      ]),
    ),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  const connections = new Map(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])))
  if (failed === undefined) return connections
  for (const connection of connections.values()) if (connection.kind === 'connected') connection.host.close()
  throw failed.reason
}

type LogIn = (places: readonly SshTarget[], name: string, options: ConnectOptions & Attempting) => Promise<Host>
type Logins = Record<SshTarget['transport'], LogIn>

/** For the hosts of one run: they share jump hosts. */
function logins(): Logins {
  return { ssh2: loginBy(ssh2Transport), openssh: loginBy(openSshTransport) }
}

function loginBy<C extends Connected, Way>(transport: Transport<C, Way>): LogIn {
  const routes = jumpRoutes(transport)
  return async (places, name, options) => {
    const connection = await logInAtAny(transport, routes, places, name, options)
    const escalation = await escalate(name, connection.target, options).catch((error: unknown) => {
      connection.end()
      throw error
    })
    return transport.host(name, connection, escalation, options.onCommand)
  }
}

async function connectBy(
  byTransport: Logins,
  places: SshTarget | readonly SshTarget[],
  name: string,
  options: ConnectOptions & Attempting,
): Promise<Connection> {
  try {
    options.signal.throwIfAborted()
    const all = [places].flat()
    const logIn = byTransport[all[0]?.transport ?? 'ssh2']
    return { kind: 'connected', host: await logIn(all, name, options) }
  } catch (error) {
    if (options.signal.aborted || !(error instanceof DeployError)) throw error
    return { kind: 'unreachable', error }
  }
}

/** The sudo password is asked for here and not when a command needs it, as its deadline would run meanwhile. */
async function escalate(name: string, target: SshTarget, options: Attempting): Promise<Escalation> {
  if (target.user === 'root' || target.sudo === false) return { kind: 'none' }
  const { password: source } = target.sudo
  if (source === undefined) return { kind: 'sudo' }
  const password = await options.revealSecret(source)
  const { tries } = options
  return {
    kind: 'sudo-password',
    password,
    turn: () => tries.turn('sudo', source, name),
    refusedAt: () => tries.refusedAt('sudo', source, name),
  }
}
