import { DeployError, DeployErrors, exitCode, type ErrorFacts, type ExitCode } from '../errors.ts'
import type { Colors } from './colors.ts'
import { clean, cleanLine, lastLines } from './text.ts'

/** An error as people read it. The only place that words them. */
export function wordError(error: unknown, colors: Colors): string {
  if (error instanceof DeployErrors) return wordProblems(error, colors)
  if (error instanceof DeployError) return block(error, hostsOf([error]), colors).join('\n')
  return wordBug(error, colors)
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof DeployError || error instanceof DeployErrors ? error.exitCode : exitCode.failed
}

export interface ErrorJson extends Omit<ErrorFacts, 'cause' | 'next'> {
  next?: string[]
  exitCode: ExitCode
  /** Where several were found in one go. */
  problems?: ErrorJson[]
  /** Not foreseen: a bug. */
  stack?: string
}

/** The same for programs. */
export function errorJson(error: unknown): ErrorJson {
  if (error instanceof DeployErrors)
    return { message: error.message, exitCode: error.exitCode, problems: error.problems.map((each) => errorJson(each)) }
  if (error instanceof DeployError) {
    const { message, host, tried, answered, next } = error
    return {
      message,
      exitCode: error.exitCode,
      ...(host === undefined ? {} : { host }),
      ...(tried === undefined ? {} : { tried }),
      ...(answered === undefined ? {} : { answered }),
      ...(next.length === 0 ? {} : { next }),
    }
  }
  return { message: messageOf(error), exitCode: exitCode.failed, stack: stackOf(error) }
}

const maxAnswerLines = 20

function block(error: DeployError, hosts: string, colors: Colors): string[] {
  const mark = error.exitCode === exitCode.interrupted ? colors.yellow('◼') : colors.red('✖')
  const host = hosts === '' ? '' : `${colors.bold(hosts)}: `
  return [
    `${mark} ${host}${cleanLine(error.message)}`,
    ...field('tried', error.tried === undefined ? [] : lastLines(error.tried, 5), colors),
    ...field('answered', error.answered === undefined ? [] : lastLines(error.answered, maxAnswerLines), colors),
    ...field(
      'next',
      error.next.flatMap((step) => clean(step).split('\n')),
      colors,
    ),
  ]
}

function field(name: string, lines: string[], colors: Colors): string[] {
  const label = name.padEnd(10)
  return lines
    .filter((line, index) => line !== '' || index > 0)
    .map((line, index) => `    ${index === 0 ? colors.dim(label) : ' '.repeat(label.length)}${line}`)
}

function wordProblems({ message, problems }: DeployErrors, colors: Colors): string {
  // One fault on seven hosts is told once.
  const alike = Map.groupBy(problems, ({ message, tried, answered, next }) =>
    JSON.stringify([message, tried, answered, next]),
  )
  const blocks = [...alike.values()].flatMap((same) => {
    const [first] = same
    return first === undefined ? [] : [block(first, hostsOf(same), colors).join('\n')]
  })
  return [colors.bold(cleanLine(message)), ...blocks].join('\n\n')
}

function hostsOf(errors: DeployError[]): string {
  return cleanLine([...new Set(errors.flatMap(({ host }) => host ?? []))].join(', '))
}

function wordBug(error: unknown, colors: Colors): string {
  return [
    `${colors.red('✖')} ${cleanLine(messageOf(error))}`,
    ...lastLines(stackOf(error), 40).map((line) => `    ${colors.dim(line)}`),
    '',
    'This is a bug in etcd-deploy: it should have foreseen this. Please report it with the lines above.',
    'The same command, run again, looks at the hosts afresh and goes on from there.',
  ].join('\n')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const own = (error.stack ?? '').split('\n').slice(error.message.split('\n').length)
  const cause = error.cause instanceof Error ? [`caused by ${messageOf(error.cause)}`, stackOf(error.cause)] : []
  return [...own, ...cause].map((line) => line.trim()).join('\n')
}
