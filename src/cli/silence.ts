import type { Emit, RunEvent } from '../engine/events.ts'

/** Holds back what is told until something is changed or goes wrong; a run that ends well before that is never heard of. */
export function silentUntilChange(emit: Emit): Emit {
  let held: RunEvent[] | undefined = []
  return (event) => {
    if (held === undefined) return emit(event)
    if (event.type === 'progress') return
    held.push(event)
    if (!tells(event)) return
    for (const each of held) emit(each)
    held = undefined
  }
}

function tells(event: RunEvent): boolean {
  return event.type === 'wave' || event.type === 'error' || (event.type === 'run-end' && event.exitCode !== 0)
}
