import type { RunEvent } from '../../src/engine/events.ts'

/** What the kill switch counts: a change begun or ended, a stage, lock or record. Progress and the like are none. */
const killEvents = [
  'stage-begin',
  'stage-end',
  'change-begin',
  'change-end',
  'lock-taken',
  'lock-released',
  'record-written',
  'record-removed',
] as const satisfies RunEvent['type'][]

export function countEvents(events: RunEvent[]): number {
  return events.filter(({ type }) => isKillEvent(type)).length
}

export function isKillEvent(type: RunEvent['type']): boolean {
  return killEvents.some((counted) => counted === type)
}

/** The event on a line that `--json` prints; undefined for any other line. */
export function eventOnLine(line: string): RunEvent | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    return isEvent(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isEvent(value: unknown): value is RunEvent {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
