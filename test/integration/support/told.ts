import { expect } from 'vitest'
import type { RunEvent, RunSummary } from '../../../src/engine/events.ts'
import type { ErrorJson } from '../../../src/ui/errors.ts'
import type { Run } from '../../instruments/run-cli.ts'

/** What a run told with `--json`, in the form in which tests ask for it. */

export async function expectDone(running: Promise<Run>): Promise<void> {
  const { code, stdout, stderr } = await running
  expect(code, stdout + stderr).toBe(0)
}

export function eventsOf<T extends RunEvent['type']>(
  run: Pick<Run, 'events'>,
  type: T,
): Extract<RunEvent, { type: T }>[] {
  return run.events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type)
}

export function summaryOf(run: Run): RunSummary {
  const [end] = eventsOf(run, 'run-end')
  if (end === undefined) throw new Error(`the run told no end:\n${run.stdout}\n${run.stderr}`)
  return end.summary
}

/** Every problem that the run ended with, one by one. */
export function problemsOf(run: Pick<Run, 'events'>): ErrorJson[] {
  const errors = eventsOf(run, 'error').map(({ error }) => error as ErrorJson)
  return errors.flatMap((error) => error.problems ?? [error])
}

/** All that the run's problems say, for `toMatch`. */
export function wordsOf(run: Pick<Run, 'events'>): string {
  return problemsOf(run)
    .map(({ host = '', message, tried = '', answered = '', next = [] }) =>
      [host, message, tried, answered, ...next].join('\n'),
    )
    .join('\n\n')
}

/** Members in the order in which they were taken down. */
export function takenDown(run: Run): string[] {
  return eventsOf(run, 'change-begin').flatMap(({ takesDown }) => takesDown ?? [])
}

export function notesOf(run: Run): string {
  return eventsOf(run, 'note')
    .map(({ message }) => message)
    .join('\n')
}
