import type { RunEvent } from '../engine/events.ts'
import type { Renderer } from './renderer.ts'

/** One event, one line. `v` is raised when a program that reads them would misunderstand the new form. */
export function jsonLine(event: RunEvent, time: Date): string {
  return `${JSON.stringify({ v: 1, time: time.toISOString(), ...event })}\n`
}

const bytesEveryMs = 100

export function jsonRenderer(write: (line: string) => void, now: () => number = Date.now): Renderer {
  const bytesToldAt = new Map<string, number>()

  /** Bytes go by by the hundred a second on a fast link: a program wants ten of them, and the last. */
  function isNews(event: RunEvent): boolean {
    if (event.type !== 'progress' || event.state !== undefined || event.done === event.total) return true
    const at = now()
    if (at - (bytesToldAt.get(event.id) ?? -Infinity) < bytesEveryMs) return false
    bytesToldAt.set(event.id, at)
    return true
  }

  return {
    emit: (event) => {
      if (isNews(event)) write(jsonLine(event, new Date(now())))
    },
    aside: (work) => work(),
    close: () => Promise.resolve(),
  }
}
