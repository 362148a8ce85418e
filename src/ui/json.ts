import type { RunEvent } from '../engine/events.ts'
import type { Renderer } from './renderer.ts'

/** One event, one line. `v` is raised when a program that reads them would misunderstand the new form. */
export function jsonLine(event: RunEvent, time: Date): string {
  return `${JSON.stringify({ v: 1, time: time.toISOString(), ...event })}\n`
}

export function jsonRenderer(write: (line: string) => void): Renderer {
  return {
    emit: (event) => write(jsonLine(event, new Date())),
    aside: (work) => work(),
    close: () => Promise.resolve(),
  }
}
