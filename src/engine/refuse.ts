import { together } from '../errors.ts'
import type { Emit } from './events.ts'
import type { Problem } from './playbook.ts'

/** Tells the warnings among them; throws the others, all together. */
export function refuse(context: { emit: Emit; changed: ReadonlySet<string> }, problems: Problem[]): void {
  for (const { warning, error } of problems) {
    if (warning === undefined) continue
    context.emit({
      type: 'warning',
      message: error.message,
      next: error.next,
      ...(error.host === undefined ? {} : { host: error.host }),
    })
  }
  const grave = problems.filter((problem) => problem.warning === undefined).map((problem) => problem.error)
  if (grave.length > 0)
    throw together(grave, `${grave.length} problems${context.changed.size === 0 ? '; nothing was changed' : ''}`)
}
