import type { RunEvent } from '../engine/events.ts'
import { amountText, countText, durationText } from './units.ts'

/** Commands that only look end with their own output, not with a summary. */
export function asksForChanges(command: string): boolean {
  return !['status', 'plan', 'snapshot save', 'certs list'].includes(command)
}

/** One line about an event; undefined where it says nothing to people. */
export function phraseOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run-begin':
      return `${event.command} ${event.cluster}: etcd ${event.version}, ${countText(event.nodes.length, 'host')}: ${event.nodes.join(', ')}`
    case 'stage-begin':
      return `stage: ${event.stage}`
    case 'stage-end':
      return `stage ${event.outcome}: ${event.stage}`
    case 'observe-begin':
      return `reading ${event.hosts.join(', ')}`
    case 'observe-end':
      return observed(event.hosts)
    case 'lock-taken':
      return `lock taken on ${event.hosts.join(', ')}`
    case 'lock-released':
      return `lock released on ${event.hosts.join(', ')}`
    case 'record-written':
      return `operation recorded: ${event.operation}`
    case 'record-removed':
      return `operation finished: ${event.operation}`
    case 'wave':
      return event.changes.length === 0
        ? undefined
        : `wave ${event.number}: ${countText(event.changes.length, 'change')}`
    case 'change-begin':
      return `${event.host}: ${event.what} (${event.why})${event.takesDown === undefined ? '' : `, takes ${event.takesDown} down meanwhile`}`
    case 'change-end':
      return `${event.host}: ${event.what}: ${ended(event)}${event.error === undefined ? '' : `: ${event.error.message}`}`
    case 'progress':
      return `${event.host === '' ? '' : `${event.host}: `}${event.what}: ${event.state ?? amountText(event.done ?? 0, event.total)}`
    case 'task-begin':
      return event.what
    case 'task-end':
      return `${event.what}: ${ended(event)}`
    case 'warning':
      return `warning: ${event.host === undefined ? '' : `${event.host}: `}${sentences([event.message, ...(event.next ?? [])])}`
    case 'note':
      return event.message
    case 'command':
      return `${event.host}: ran "${event.what}" in ${durationText(event.durationMs)}${event.code === 0 ? '' : `, exit status ${event.code}`}`
    case 'pause':
      return `paused after ${event.stage}: ${event.message}`
    case 'error':
    case 'run-end':
      return undefined
  }
}

function observed(hosts: { host: string; reached: boolean }[]): string {
  const lost = hosts.filter(({ reached }) => !reached).map(({ host }) => host)
  const read = `read ${countText(hosts.length - lost.length, 'host')}`
  return lost.length === 0 ? read : `${read}, not reached: ${lost.join(', ')}`
}

function ended({ outcome, durationMs }: { outcome: 'done' | 'failed'; durationMs: number }): string {
  return outcome === 'done' ? `done in ${durationText(durationMs)}` : `failed after ${durationText(durationMs)}`
}

function sentences(parts: readonly string[]): string {
  return parts.map((part, index) => (index < parts.length - 1 && !/[.:?!]$/.test(part) ? `${part}.` : part)).join(' ')
}
