import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { DeployError } from '../errors.ts'
import type { Client } from './client.ts'
import type { Attempt } from './failures.ts'
import { connectionLost } from './failures.ts'
import type { Ending, Process } from './process.ts'
import type { Sessions } from './sessions.ts'

/** Starts a command on a channel of its own; waits for room where sshd has none at the moment. */
export async function openChannel(
  client: Client,
  command: string,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Process> {
  return whereIsRoom(client.sessions, () => open(client, command, attempt), signal)
}

/** Tries again as long as another command may make room for this one. */
export async function whereIsRoom(
  sessions: Sessions,
  open: () => Promise<Process>,
  signal: AbortSignal,
): Promise<Process> {
  for (;;) {
    signal.throwIfAborted()
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof NoRoom) || !(await sessions.mayHaveRoom())) throw error
    }
  }
}

async function open(client: Client, command: string, attempt: Attempt): Promise<Process> {
  const { promise, resolve, reject } = Promise.withResolvers<Process>()
  const lost = client.ended.then((error) => reject(connectionLost(attempt, error, '')))
  try {
    client.ssh.exec(command, (error, channel) => {
      // At once: the exit code of a short command may stand in the very packet that is being read
      if (error === undefined) resolve(processOf(channel, client))
      else void Promise.race([lost, soon()]).then(() => reject(refused(attempt, error)))
    })
  } catch (error) {
    // ssh2 throws when the connection has ended before
    void Promise.race([lost, soon()]).then(() => reject(connectionLost(attempt, error as Error, '')))
  }
  return promise
}

function processOf(channel: ClientChannel, client: Client): Process {
  channel.on('error', () => {})
  client.sessions.begin()
  channel.once('close', () => client.sessions.end())
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    ended: ending(channel, client),
    uplink: () => drained(client.socket),
    close: () => void channel.destroy(),
    kill: () => {
      channel.signal('KILL')
      channel.destroy()
    },
  }
}

function ending(channel: ClientChannel, client: Client): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>()
  let exit: Ending | undefined
  channel.on('exit', (code: number | null, signal?: string) => {
    exit = code === null ? { kind: 'signal', signal: signal ?? 'a signal' } : { kind: 'exit', code }
    // A child that it left behind may keep the channel open
    void soon().then(() => exit && resolve(exit))
  })
  channel.on('close', () => {
    if (exit === undefined) void Promise.race([client.ended, soon()]).then((error) => resolve({ kind: 'lost', error }))
    else resolve(exit)
  })
  void client.ended.then((error) => resolve(exit ?? { kind: 'lost', error }))
  return promise
}

async function drained(socket: Duplex): Promise<void> {
  if (!socket.writableNeedDrain) return
  const closed = new AbortController()
  try {
    await Promise.race([
      once(socket, 'drain', { signal: closed.signal }),
      once(socket, 'close', { signal: closed.signal }),
    ])
  } finally {
    closed.abort()
  }
}

/** The end of the connection is often told a moment after the end of its channels. */
async function soon(): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, 100))
}

/** sshd is there, and opens no session. */
export class NoRoom extends DeployError {}

export function refused(attempt: Attempt, cause: Error): NoRoom {
  return new NoRoom({
    host: attempt.host,
    tried: attempt.what,
    message: `sshd of ${attempt.target} opened no session`,
    answered: cause.message,
    next: 'see MaxSessions in its sshd_config (10 by default; 2 are needed) and its log',
    cause,
  })
}
