import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { passwordPrompt, readyLine } from '../../../src/host/command.ts'
import type { Ending, Process } from '../../../src/host/process.ts'
import type { Outcome, Turn } from '../../../src/host/first-tries.ts'
import { passSudo, sudoRefusal } from '../../../src/host/sudo.ts'
import { Secret } from '../../../src/secret.ts'

const attempt = { host: 'node1', target: 'ops@10.0.0.1:22', what: 'read the host' }
const token = 'abc'

/** Stands for sudo: a script that may ask with the prompt ($p) and says when the shell is ready ($r). */
function fakeSudo(script: string): Process {
  const child = spawn('sh', ['-c', `p='${passwordPrompt(token)}'; r='${readyLine(token)}'; ${script}`])
  const ended = new Promise<Ending>((resolve) => {
    child.on('close', (code) => resolve({ kind: 'exit', code: code ?? 0 }))
  })
  const kill = (): void => void child.kill('SIGKILL')
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    uplink: async () => {},
    close: kill,
    kill,
  }
}

function pass(script: string, turn = async (): Promise<Turn> => ({ kind: 'try', end: () => {} })): Promise<void> {
  const escalation = { kind: 'sudo-password', password: new Secret('sesame'), turn } as const
  const limit = { signal: new AbortController().signal, whileWaiting: <T>(wait: () => Promise<T>) => wait() }
  return passSudo(fakeSudo(script), escalation, token, attempt, limit)
}

it.each([
  [
    'when it asks, at once or late',
    'sleep 0.1; printf %s "$p" >&2; read -r x; [ "$x" = sesame ] && echo "$r"; sleep 1',
  ],
  [
    'when its prompt comes in pieces',
    `printf password- >&2; sleep 0.1; printf '%s:' ${token} >&2; read -r x; echo "$r"; sleep 1`,
  ],
  ['not when it asks for nothing', 'echo "$r"; if read -r x; then kill -9 $$; fi'],
  [
    'after the lecture and a chatty profile',
    'echo Welcome; echo "We trust you" >&2; printf %s "$p" >&2; read -r x; echo "$r"; sleep 1',
  ],
])('gives the password %s', async (_, script) => {
  await expect(pass(script)).resolves.toBeUndefined()
})

it('gives a wrong password once', async () => {
  const script =
    'printf %s "$p" >&2; read -r x; printf "Sorry, try again.\\n%s" "$p" >&2; read -r x && echo "$r"; sleep 5'
  await expect(pass(script)).rejects.toMatchObject({
    message: 'sudo refused the password',
    answered: 'Sorry, try again.',
    host: 'node1',
  })
})

describe('a password that hosts share', () => {
  it.each<[string, string, Outcome]>([
    ['was taken', 'printf %s "$p" >&2; read -r x; echo "$r"; sleep 1', 'right'],
    ['was asked for again', 'printf %s "$p" >&2; read -r x; printf %s "$p" >&2; read -r x; sleep 5', 'wrong'],
    ['was not enough', 'printf %s "$p" >&2; read -r x; echo "1 incorrect password attempt" >&2; exit 1', 'wrong'],
  ])('%s: the others are told', async (_, script, outcome) => {
    const told: Outcome[] = []
    await pass(script, async () => ({ kind: 'try', end: (how) => told.push(how) })).catch(() => {})
    expect(told).toEqual([outcome])
  })

  it('is not tried where another host did not take it', async () => {
    const script = 'printf %s "$p" >&2; read -r x && echo "$r"; sleep 5'
    await expect(pass(script, async () => ({ kind: 'refused', at: 'node3' }))).rejects.toMatchObject({
      host: 'node1',
      message: 'the sudo password was not tried here, as node3 did not take it',
    })
  })

  it('is not sent once the command has ended that waited for its turn', async () => {
    const told: Outcome[] = []
    const { promise, resolve } = Promise.withResolvers<Turn>()
    await expect(pass('printf %s "$p" >&2; sleep 0.1; exit 1', () => promise)).rejects.toThrow(
      'sudo did not start our shell',
    )
    resolve({ kind: 'try', end: (how) => told.push(how) })
    await promise
    expect(told).toEqual(['unknown'])
  })
})

describe('what sudo says becomes advice, the answer is shown as it came', () => {
  it.each([
    ['sudo: sorry, you must have a tty to run sudo', 'sudo there wants a terminal (requiretty)'],
    ['sudo: a password is required', 'sudo there asks for a password'],
    ['sudo: interactive authentication is required', 'sudo there asks for a password'],
    ['ops is not in the sudoers file.', 'the user is not in sudoers'],
    ['Sorry, user ops may not run sudo on node1.', 'the user is not in sudoers'],
    [
      "Sorry, user ops is not allowed to execute '/bin/sh -c …' as root on node1.",
      'sudoers does not let the user run a shell as root',
    ],
    ['something new', 'sudo did not start our shell'],
  ])('%s', (said, message) => {
    expect(sudoRefusal(attempt, { kind: 'exit', code: 1 }, '', said)).toMatchObject({
      message,
      answered: said,
      tried: 'sudo as ops, to read the host',
    })
  })

  it('a terminal that it wants is told with the line that its sudoers needs', () => {
    const said = 'sudo: sorry, you must have a tty to run sudo'
    expect(sudoRefusal(attempt, { kind: 'exit', code: 1 }, '', said).next).toEqual([
      'on the host, with visudo, add the line: Defaults:ops !requiretty',
    ])
  })

  it('a missing sudo is told by its exit code', () => {
    expect(sudoRefusal(attempt, { kind: 'exit', code: 127 }, '', '').message).toBe('sudo was not found on the host')
  })
})
