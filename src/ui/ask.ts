import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import type { Ask } from '../engine/events.ts'
import { DeployError, exitCode } from '../errors.ts'
import { Secret } from '../secret.ts'
import { cleanLine, wrap } from './text.ts'

/** Questions, and secrets that nobody sees. */
export interface AskPerson extends Ask {
  /** `instead`: how to give it without a terminal. */
  secret(label: string, instead: string): Promise<Secret>
  /** What was typed, as it was typed. `flag`: what says it without a terminal. */
  text(question: string, flag: string): Promise<string>
}

export interface Asking {
  /** The flags that the person gave: a question is answered by its own. */
  given: ReadonlySet<string>
  signal: AbortSignal
  /** Clears the way on the terminal while a question stands. */
  aside<T>(work: () => Promise<T>): Promise<T>
  /** What Ctrl-C at a question sets off besides: by default what it does elsewhere, a SIGINT. */
  interrupt?: () => void
  input?: NodeJS.ReadStream
  output?: NodeJS.WriteStream
}

export function createAsk(asking: Asking): AskPerson {
  const { input = process.stdin, output = process.stderr, signal } = asking
  const interrupt = asking.interrupt ?? (() => process.kill(process.pid, 'SIGINT'))
  // Hosts are reached all at once, but a person answers one question after the other.
  let before: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = before.then(() => asking.aside(work))
    before = turn.catch(() => {})
    return turn
  }

  function refuseWithoutTerminal(question: string, next: string): void {
    if (input.isTTY && output.isTTY) return
    throw new DeployError({
      message: 'there is a question, and no terminal to ask it on',
      tried: `ask: ${question}`,
      next,
      exitCode: exitCode.refused,
    })
  }

  async function answer(question: string, flag: string, prompt: string): Promise<string | undefined> {
    if (asking.given.has(flag)) return undefined
    refuseWithoutTerminal(question, `${flag} answers it.`)
    return inTurn(() => readLine(prompt, { input, output, signal, interrupt, echo: true }))
  }

  return {
    async confirm(question, flag) {
      const said = await answer(question, flag, `${shown(`${question} [y/N]`, output)} `)
      return said === undefined || /^y(es)?$/i.test(said.trim())
    },
    async typed(question, expected, flag) {
      const said = await answer(question, flag, `${shown(question, output)}\nType ${expected} to go on: `)
      return said === undefined || said.trim() === expected
    },
    async text(question, flag) {
      refuseWithoutTerminal(question, `${flag} says it.`)
      return inTurn(() =>
        readLine(`${shown(`${question}:`, output)} `, { input, output, signal, interrupt, echo: true }),
      )
    },
    async secret(label, instead) {
      refuseWithoutTerminal(label, instead)
      const options = { input, output, signal, interrupt, echo: false }
      return new Secret(await inTurn(() => readLine(`${cleanLine(label)}: `, options)))
    },
  }
}

interface Reading {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  signal: AbortSignal
  interrupt: () => void
  echo: boolean
}

function readLine(prompt: string, { input, output, signal, interrupt, echo }: Reading): Promise<string> {
  signal.throwIfAborted()
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  // Without echo readline writes into nothing, and would wipe the prompt too if it knew of it.
  const lines = createInterface({ input, output: echo ? output : silent, terminal: true, historySize: 0 })
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort)
      lines.off('close', onInterrupt)
      lines.close()
      settle()
    }
    const onInterrupt = () =>
      end(() => {
        output.write('\n')
        // The question may be one of several hosts': the whole run is meant.
        interrupt()
        reject(new DeployError({ message: 'interrupted at a question', exitCode: exitCode.interrupted }))
      })
    const onAbort = () => end(() => reject(signal.reason as Error))
    signal.addEventListener('abort', onAbort)
    // In raw mode Ctrl-C is a key and no signal; Ctrl-D closes.
    lines.on('SIGINT', onInterrupt)
    lines.on('close', onInterrupt)
    if (!echo) output.write(prompt)
    lines.question(echo ? prompt : '', (said) =>
      end(() => {
        if (!echo) output.write('\n')
        resolve(said)
      }),
    )
  })
}

/** Questions may have several lines; whatever of a host is in them is made harmless line by line. */
function shown(question: string, { columns }: NodeJS.WriteStream): string {
  return question
    .split('\n')
    .flatMap((line) => wrap(cleanLine(line), columns - 1))
    .join('\n')
}
