import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import type { Ask } from '../engine/events.ts'
import { DeployError, exitCode } from '../errors.ts'
import { Secret } from '../secret.ts'
import { cleanLine } from './text.ts'

/** Questions, and secrets that nobody sees. */
export interface AskPerson extends Ask {
  /** `instead`: how to give it without a terminal. */
  secret(label: string, instead: string): Promise<Secret>
}

export interface Asking {
  /** The flags that the person gave: a question is answered by its own. */
  given: ReadonlySet<string>
  signal: AbortSignal
  /** Clears the way on the terminal while a question stands. */
  aside<T>(work: () => Promise<T>): Promise<T>
  input?: NodeJS.ReadStream
  output?: NodeJS.WriteStream
}

export function createAsk(asking: Asking): AskPerson {
  const { input = process.stdin, output = process.stderr } = asking
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
    return inTurn(() => readLine(prompt, { input, output, signal: asking.signal, echo: true }))
  }

  return {
    async confirm(question, flag) {
      const said = await answer(question, flag, `${shown(question)} [y/N] `)
      return said === undefined || /^y(es)?$/i.test(said.trim())
    },
    async typed(question, expected, flag) {
      const said = await answer(question, flag, `${shown(question)}\nType ${expected} to go on: `)
      return said === undefined || said.trim() === expected
    },
    async secret(label, instead) {
      refuseWithoutTerminal(label, instead)
      const options = { input, output, signal: asking.signal, echo: false }
      return new Secret(await inTurn(() => readLine(`${cleanLine(label)}: `, options)))
    },
  }
}

interface Reading {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  signal: AbortSignal
  echo: boolean
}

function readLine(prompt: string, { input, output, signal, echo }: Reading): Promise<string> {
  signal.throwIfAborted()
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  // Without echo readline writes into nothing, and would wipe the prompt too if it knew of it.
  const lines = createInterface({ input, output: echo ? output : silent, terminal: true, historySize: 0 })
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort)
      lines.off('close', interrupt)
      lines.close()
      settle()
    }
    const interrupt = () =>
      end(() => {
        output.write('\n')
        reject(new DeployError({ message: 'interrupted at a question', exitCode: exitCode.interrupted }))
      })
    const onAbort = () => end(() => reject(signal.reason as Error))
    signal.addEventListener('abort', onAbort)
    // In raw mode Ctrl-C is a key and no signal; Ctrl-D closes.
    lines.on('SIGINT', interrupt)
    lines.on('close', interrupt)
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
function shown(question: string): string {
  return question
    .split('\n')
    .map((line) => cleanLine(line))
    .join('\n')
}
