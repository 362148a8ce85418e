import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import type { Reached } from './reach.ts'
import { expandTokens } from './ssh-tokens.ts'
import { tail } from './tail.ts'

/** The connection that OpenSSH's ProxyCommand makes. */
export async function throughCommand(
  name: string,
  target: SshTarget,
  command: string,
  signal: AbortSignal,
): Promise<Reached> {
  const { host, user } = target
  // They come to stand in shell text: what is no plain name there could be a command
  if (![host, user].every(isPlainWord)) throw unsafe(name, target)
  const expanded = expandTokens(command, target)
  const words = ['-c', withLifeline, 'sh', process.env['SHELL'] ?? '/bin/sh', `exec ${expanded}`]
  // Ctrl-C on the terminal is for us to answer: there may be something to end on the host first
  const child = spawn('/bin/sh', words, { signal, killSignal: 'SIGTERM', detached: true, stdio: Array(4).fill('pipe') })
  const [stdin, stdout, stderr, lifeline] = child.stdio as unknown as [Writable, Readable, Readable, Duplex]
  const told = tail(4096)
  stderr.on('data', (chunk: Buffer) => told.add(chunk))
  const ended = new Promise<{ isMissing: boolean; text: string }>((resolve) => {
    child.once('error', (error) => resolve({ isMissing: true, text: error.message }))
    child.once('close', (code) => resolve({ isMissing: code === 126 || code === 127, text: `exit code ${code}` }))
  })
  for (const stream of [stdin, lifeline]) stream.on('error', () => {})
  const socket = Duplex.from({ readable: stdout, writable: stdin })
  socket.on('error', () => {})
  socket.once('close', () => lifeline.destroy())
  child.once('exit', () => lifeline.destroy())
  try {
    // sshd speaks first: so a command that can't be run is known as such
    await Promise.race([once(stdout, 'readable', { signal }).catch(() => signal.throwIfAborted()), ended])
    const how = stdout.readableLength === 0 ? await ended : { isMissing: false, text: '' }
    if (how.isMissing) throw failed(name, expanded, how.text, told.text())
  } catch (error) {
    socket.destroy()
    throw signal.aborted ? signal.reason : error
  }
  return { socket, said: () => told.text().trim() }
}

/** Whether it means itself and nothing else in shell text. */
export function isPlainWord(word: string): boolean {
  return /^[\w.:@%][\w.:@%+-]*$/.test(word)
}

/** Ends the command with all that it has started once descriptor 3 is closed: by us, or because we are gone, however that came. */
const withLifeline = '(read -r _; kill -s TERM 0) <&3 3<&- >/dev/null 2>&1 & exec 3<&-; exec "$1" -c "$2"'

function unsafe(name: string, { host, user }: SshTarget): DeployError {
  return new DeployError({
    host: name,
    message: 'ProxyCommand was not run: host name or user would change its meaning for the shell',
    tried: `ProxyCommand for ${JSON.stringify(user)} at ${JSON.stringify(host)}`,
    next: 'letters, digits and . _ - : are safe in both; correct ssh.host, ssh.user or the OpenSSH configuration',
    exitCode: exitCode.usage,
  })
}

function failed(name: string, command: string, how: string, told: string): DeployError {
  return new DeployError({
    host: name,
    message: 'the ProxyCommand of the OpenSSH configuration cannot be run',
    tried: command,
    answered: [told.trim(), how].filter((part) => part !== '').join('\n'),
    next: 'run it by hand: it must answer with "SSH-2.0-…"; or say ssh.jump in the inventory, which goes before it',
  })
}
