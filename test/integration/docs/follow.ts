import { expect } from 'vitest'
import { commandLines } from '../../docs/command-lines.ts'
import type { Ran } from '../../lab/process.ts'
import type { Reader } from './reader.ts'

/** What is to be known of a command of a page; of one that is not named here: it is typed as it stands, and ends with 0. */
export interface Step {
  /** It can't be run here, for this reason. */
  untried?: string
  /** What the reader has done before. */
  before?(): unknown
  /** Typed instead, where it asks for something that this lab does not have or a question that nobody is here to answer. */
  typed?(command: string): string | Promise<string>
  code?: number
  after?(ran: Ran): unknown
}

export interface Followed {
  /** Names and addresses of the page, and what is there in their place. */
  names?: readonly (readonly [string, string])[]
  /** By the command as the page has it; a list where it stands there several times. */
  steps?: Record<string, Step | Step[]>
}

/** Types all that the page has people type, in its order. */
export async function follow(page: string, reader: Reader, { names = [], steps = {} }: Followed): Promise<void> {
  const times = new Map<string, number>()
  for (const { line, text } of commandLines(page)) {
    const time = times.get(text) ?? 0
    times.set(text, time + 1)
    const step = [steps[text] ?? {}].flat()[time] ?? {}
    if (step.untried !== undefined) continue
    await step.before?.()
    const named = names.reduce((command, [name, here]) => command.replaceAll(name, here), text)
    const typed = (await step.typed?.(named)) ?? named
    const ran = await reader.type(typed)
    expect(ran.code, `${page}:${line} ${typed}\n${ran.stdout}\n${ran.stderr}`).toBe(step.code ?? 0)
    await step.after?.(ran)
  }
}

/** What speaks of commands that the page does not have, or has less often. */
export function outdated(page: string, { steps = {} }: Followed): string[] {
  const lines = commandLines(page).map(({ text }) => text)
  return Object.entries(steps)
    .filter(([command, step]) => lines.filter((line) => line === command).length < [step].flat().length)
    .map(([command]) => command)
}

/** `--yes` where a question comes that a reader would answer. */
export const agreed: Step = { typed: (command) => `${command} --yes` }
