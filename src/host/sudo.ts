import { DeployError } from '../errors.ts'
import type { Attempt } from './failures.ts'
import { connectionLost } from './failures.ts'
import type { Escalation } from './command.ts'
import { passwordPrompt, readyLine } from './command.ts'
import type { Outcome, Turn } from './first-tries.ts'
import type { Limit } from './limit.ts'
import type { Ending, Process } from './process.ts'

type SudoPassword = Extract<Escalation, { kind: 'sudo-password' }>

/** Throws where the password is known to be refused: a sudo that gets no answer to its prompt counts that as a failure. */
export function mayAskSudo({ refusedAt }: SudoPassword, attempt: Attempt): void {
  const at = refusedAt()
  if (at !== undefined) throw refusedBefore(attempt, at)
}

/** Answers sudo's prompt, once; resolves when the shell behind it reads a script. */
export async function passSudo(
  process: Process,
  { password, turn: takeTurn }: Pick<SudoPassword, 'password' | 'turn'>,
  token: string,
  attempt: Attempt,
  { signal, whileWaiting }: Pick<Limit, 'signal' | 'whileWaiting'>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const prompt = passwordPrompt(token)
  let stdout = ''
  let stderr = ''
  let asked = false
  let turn: Turn | undefined
  const give = async (): Promise<void> => {
    turn = await whileWaiting(takeTurn)
    if (turn.kind === 'refused') reject(refusedBefore(attempt, turn.at))
    // Ended while it waited for its turn: nothing was tried
    else if (isOver) turn.end('unknown')
    else process.stdin.write(`${password.reveal()}\n`)
  }
  let isOver = false
  let wasAskedAgain = false
  let hasEnded = false
  const onStdout = (chunk: Buffer): void => {
    stdout = (stdout + chunk.toString()).slice(-4096)
    if (stdout.includes(readyLine(token))) resolve()
  }
  const onStderr = (chunk: Buffer): void => {
    stderr = (stderr + chunk.toString()).slice(-4096)
    const at = stderr.indexOf(prompt)
    if (at === -1) return
    stderr = stderr.slice(0, at) + stderr.slice(at + prompt.length)
    // Asked again: it was wrong. A second try could lock the account
    if (asked) {
      wasAskedAgain = true
      return reject(wrongPassword(attempt, stderr))
    }
    asked = true
    void give()
  }
  const onAbort = (): void => reject(signal.reason)
  process.stdout.on('data', onStdout)
  process.stderr.on('data', onStderr)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  void process.ended.then((ending) => {
    hasEnded = ending.kind !== 'lost'
    reject(
      ending.kind === 'lost'
        ? connectionLost(attempt, ending.error, stderr)
        : sudoRefusal(attempt, ending, stdout, stderr),
    )
  })
  try {
    await promise
    endTurn(turn, 'right')
  } catch (error) {
    process.kill()
    // Whatever sudo did with it, it must not be repeated on all hosts
    endTurn(turn, hasEnded || wasAskedAgain ? 'wrong' : 'unknown')
    throw error
  } finally {
    isOver = true
    process.stdout.pause().off('data', onStdout)
    process.stderr.pause().off('data', onStderr)
    signal.removeEventListener('abort', onAbort)
  }
}

/** Why sudo did not start our shell. What it says only chooses the advice. */
export function sudoRefusal(attempt: Attempt, ending: Ending, stdout: string, stderr: string): DeployError {
  const said = `${stdout}\n${stderr}`.trim()
  const user = attempt.target.split('@')[0] ?? ''
  const missing = ending.kind === 'exit' && ending.code === 127
  const [message, next] = missing
    ? ['sudo was not found on the host', 'install sudo there (or see PATH of the login), or log in as root (ssh.user)']
    : ((sayings.find(([pattern]) => pattern.test(said))?.slice(1) as [string, string] | undefined) ?? [
        'sudo did not start our shell',
        'try by hand: sudo -n true',
      ])
  return new DeployError({
    host: attempt.host,
    tried: `sudo as ${user}, to ${attempt.what}`,
    message,
    next: next.replaceAll('USER', user),
    ...(said === '' ? {} : { answered: said }),
  })
}

const sayings: [RegExp, string, string][] = [
  [
    /must have a tty|tty to run sudo/,
    'sudo there wants a terminal (requiretty)',
    'on the host, with visudo, add the line: Defaults:USER !requiretty',
  ],
  [
    // The last is how sudo-rs says it
    /a password is required|no password was provided|authentication is required/,
    'sudo there asks for a password',
    'give ssh.sudo.password, or allow the user ALL with NOPASSWD in its sudoers',
  ],
  [
    /not in the sudoers|may not run sudo/,
    'the user is not in sudoers',
    'add the user to the group `sudo` or `wheel`, or to its sudoers',
  ],
  [
    /not allowed to execute/,
    'sudoers does not let the user run a shell as root',
    'its sudoers must allow the user ALL commands',
  ],
  [/incorrect password|Sorry, try again/, 'sudo refused the password', 'correct ssh.sudo.password'],
]

function wrongPassword(attempt: Attempt, stderr: string): DeployError {
  return new DeployError({
    host: attempt.host,
    tried: `sudo as ${attempt.target.split('@')[0]}, once`,
    message: 'sudo refused the password',
    answered: stderr.trim(),
    next: 'correct ssh.sudo.password; it was not tried a second time',
  })
}

function endTurn(turn: Turn | undefined, outcome: Outcome): void {
  if (turn?.kind === 'try') turn.end(outcome)
}

function refusedBefore(attempt: Attempt, at: string): DeployError {
  const again = at === attempt.host
  return new DeployError({
    host: attempt.host,
    tried: `sudo as ${attempt.target.split('@')[0]}, to ${attempt.what}`,
    message: `the sudo password was not tried ${again ? 'again' : 'here'}, as ${again ? 'it was refused' : `${at} did not take it`}`,
    next: again
      ? 'put it right and run the command anew: wrong ones lock the account'
      : `put it right for ${at} first: a wrong one on all hosts would lock the account`,
  })
}
