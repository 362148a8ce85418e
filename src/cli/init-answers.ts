import { homedir } from 'node:os'
import { dirname, isAbsolute, relative, resolve } from 'node:path'

import { DeployError, exitCode } from '../errors.ts'
import { pathText, type Problem } from '../inventory/describe.ts'
import type { AskPerson } from '../ui/ask.ts'
import { nodesIn } from './init-nodes.ts'
import type { CommonOptions } from './options.ts'

export interface InitOptions extends CommonOptions {
  cluster?: string
  etcd?: string
  nodes?: string
  user?: string
  key?: string
  sudo?: string
  tls?: string
  /** `--no-try`: false. */
  try?: boolean
}

export interface Answering {
  /** The inventory's file that will be, absolute. */
  file: string
  /** Undefined: there is no terminal. */
  ask: Pick<AskPerson, 'text'> | undefined
  /** What is wrong with the inventory as far as it is known. */
  problemsOf(raw: Raw): readonly Problem[]
  tell(line: string): void
}

export type Raw = Record<string, unknown>

interface Question {
  option: 'cluster' | 'etcd' | 'nodes' | 'user' | 'key' | 'sudo' | 'tls'
  words: string
  path: readonly string[]
  /** What it is where nobody says anything; absent: somebody has to. */
  otherwise?: string
  read?(text: string, file: string): unknown
}

const questions: readonly Question[] = [
  { option: 'cluster', words: 'Name of the cluster', path: ['cluster'] },
  { option: 'etcd', words: "etcd's version, whole, as 3.6.16", path: ['version'] },
  { option: 'nodes', words: 'Addresses of the nodes, or NAME=ADDRESS', path: ['nodes'], read: nodesIn },
  { option: 'user', words: 'SSH user', path: ['ssh', 'user'], otherwise: 'the one that ssh takes' },
  {
    option: 'key',
    words: 'Private key',
    path: ['ssh', 'key'],
    otherwise: 'your agent, and the usual ones in ~/.ssh',
    read: keyPath,
  },
  {
    option: 'sudo',
    words: 'Root by sudo: yes, no, or prompt where it asks for a password',
    path: ['ssh', 'sudo'],
    otherwise: 'yes, unless the user is root',
    read: sudoIn,
  },
  { option: 'tls', words: 'TLS: mutual, server or off', path: ['tls', 'mode'], otherwise: 'mutual' },
]

/** The inventory that flags and answers come to; what is wrong in a flag ends the command, in an answer it is asked again. */
export async function answersOf(options: InitOptions, answering: Answering): Promise<Raw> {
  const missing = questions.filter(({ option, otherwise }) => otherwise === undefined && options[option] === undefined)
  if (answering.ask === undefined && missing.length > 0) throw unanswered(missing)
  let raw: Raw = {}
  for (const question of questions) raw = await answered(raw, question, options, answering)
  return raw
}

async function answered(raw: Raw, question: Question, options: InitOptions, answering: Answering): Promise<Raw> {
  const { option, words, otherwise } = question
  const given = options[option]
  if (given !== undefined) {
    const next = taken(raw, question, given, answering)
    if (typeof next === 'object') return next
    throw new DeployError({ message: `--${option}: ${next}`, exitCode: exitCode.usage })
  }
  const { ask, tell } = answering
  if (ask === undefined || (options.yes === true && otherwise !== undefined)) return raw
  for (;;) {
    const said = (
      await ask.text(otherwise === undefined ? words : `${words} (Enter: ${otherwise})`, `--${option}`)
    ).trim()
    if (said === '' && otherwise !== undefined) return raw
    const next = said === '' ? 'it is needed' : taken(raw, question, said, answering)
    if (typeof next === 'object') return next
    tell(`  ${next}`)
  }
}

/** With this answer in it, or why it can't be. */
function taken(raw: Raw, { path, read }: Question, said: string, { file, problemsOf }: Answering): Raw | string {
  const value = read === undefined ? said : read(said, file)
  if (value instanceof Error) return value.message
  const next = withValue(raw, path, value)
  const problem = problemsOf(next).find((each) => path.every((key, index) => each.path[index] === key))
  if (problem === undefined) return next
  return problem.path.length === path.length ? problem.reason : `${pathText(problem.path)}: ${problem.reason}`
}

function withValue(raw: Raw, [key = '', below]: readonly string[], value: unknown): Raw {
  return { ...raw, [key]: below === undefined ? value : { ...(raw[key] as Raw | undefined), [below]: value } }
}

/** As a shell reads it: relative to the folder at hand; the inventory says it relative to itself. */
function keyPath(said: string, file: string): string {
  const home = `${homedir()}/`
  if (said.startsWith(home)) return `~/${said.slice(home.length)}`
  if (said.startsWith('~') || isAbsolute(said)) return said
  const path = relative(dirname(file), resolve(said))
  return path.startsWith('.') ? path : `./${path}`
}

function sudoIn(said: string): unknown {
  if (said === 'yes' || said === 'no') return said === 'yes'
  if (said === 'prompt') return { password: 'prompt' }
  const [, from, where] = /^(env|file):(.+)$/.exec(said) ?? []
  if (from !== undefined) return { password: { [from]: where } }
  return new Error(`${JSON.stringify(said)} is none of yes, no, prompt, env:NAME, file:PATH`)
}

function unanswered(missing: readonly Question[]): DeployError {
  const flags = missing.map(({ option }) => `--${option}`)
  return new DeployError({
    message: `${flags.join(', ')} ${flags.length === 1 ? 'is' : 'are'} missing, and there is no terminal to ask on`,
    next: "etcd-deploy init --cluster prod --etcd 3.6.16 --nodes '10.0.0.1 10.0.0.2 10.0.0.3'",
    exitCode: exitCode.usage,
  })
}
