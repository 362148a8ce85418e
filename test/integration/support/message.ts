import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { RunEvent } from '../../../src/engine/events.ts'
import { DeployError, DeployErrors } from '../../../src/errors.ts'
import { noColors } from '../../../src/ui/colors.ts'
import { wordError, type ErrorJson } from '../../../src/ui/errors.ts'
import { phraseOf } from '../../../src/ui/phrases.ts'
import type { Fault } from './faults.ts'
import { withoutChance } from './without-chance.ts'

/** Every problem says what to do. With MESSAGES=FOLDER what a person reads is kept there, for `npm run messages`. */
export function message(fault: Fault, { code, events }: { code: number | null; events: RunEvent[] }): void {
  const errors = events.flatMap((event) => (event.type === 'error' ? [errorOf(event.error as ErrorJson)] : []))
  const problems = errors.flatMap((error) => (error instanceof DeployErrors ? error.problems : [error]))
  for (const problem of problems) expect(problem.next, `${fault}: ${problem.message}`).not.toEqual([])
  const warnings = events.flatMap((event) => (event.type === 'warning' ? (phraseOf(event) ?? []) : []))
  const words = [...warnings, ...errors.map((error) => wordError(error, noColors))].join('\n\n')
  expect(words, fault).not.toBe('')
  const folder = process.env['MESSAGES']
  if (folder === undefined) return
  const begin = events.find((event) => event.type === 'run-begin')
  mkdirSync(folder, { recursive: true })
  const told = { fault, command: begin?.command ?? '', code, words: withoutChance(words) }
  writeFileSync(join(folder, `${fault.replaceAll(/\W+/g, '-')}.json`), JSON.stringify(told))
}

/** As it was thrown. */
function errorOf({ message: text, problems, stack, ...facts }: ErrorJson): DeployError | DeployErrors {
  expect(stack, `a bug: ${text}`).toBeUndefined()
  if (problems === undefined) return new DeployError({ message: text, ...facts })
  return new DeployErrors(
    text,
    problems.map(({ message: each, problems: _, stack: __, ...own }) => new DeployError({ message: each, ...own })),
  )
}
