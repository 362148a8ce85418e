import type { RunEvent } from '../../engine/events.ts'
import { phraseOf } from '../phrases.ts'
import type { Block, Line, Row } from './block.ts'

/** Brings the block up to date; what is not for people on a terminal (locks, records, commands) changes nothing. */
export function tell(block: Block, event: RunEvent, nowMs: number): void {
  switch (event.type) {
    case 'stage-end':
      block.outcome = event.outcome
      block.endedAtMs = nowMs
      return
    case 'observe-begin':
      block.lines.push(line('observation', 'observation', 'Reading the hosts', nowMs, event.hosts.join(', ')))
      return
    case 'observe-end':
      return endObservation(block, event.hosts, nowMs)
    case 'task-begin':
      block.lines.push(line('task', event.id, event.what, nowMs))
      return
    case 'task-end':
      return end(
        block.lines.find(({ kind, id }) => kind === 'task' && id === event.id),
        event.outcome,
        nowMs,
      )
    case 'wave':
      if (event.changes.length > 0) block.lines.push(wave(event, nowMs))
      return
    case 'change-begin':
    case 'change-end':
      return tellChange(block, event, nowMs)
    case 'progress':
      return tellProgress(block, event, nowMs)
    case 'warning':
      block.remarks.push({ kind: 'warning', text: withHost(event.host, event.message), next: event.next ?? [] })
      return
    case 'note':
      block.remarks.push({ kind: 'note', text: event.message, next: [] })
      return
    case 'pause':
      block.remarks.push({ kind: 'pause', text: phraseOf(event) ?? '', next: [] })
      return
    default:
  }
}

function line(kind: Line['kind'], id: string, title: string, nowMs: number, detail = ''): Line {
  return { kind, id, title, detail, outcome: 'running', startedAtMs: nowMs, rows: [] }
}

function wave(event: Extract<RunEvent, { type: 'wave' }>, nowMs: number): Line {
  const rows = [...Map.groupBy(event.changes, ({ host }) => host)].map(([host, changes]): Row => ({
    host,
    outcome: 'waiting',
    changes: changes.map(({ id, what }) => ({ id, what, outcome: 'waiting' })),
  }))
  const title = [...new Set(event.changes.map(({ what }) => what))].join(', ')
  return { ...line('wave', `wave-${event.number}`, title, nowMs), rows }
}

function tellChange(
  block: Block,
  event: Extract<RunEvent, { type: 'change-begin' | 'change-end' }>,
  nowMs: number,
): void {
  const found = findChange(block, event.id)
  if (found === undefined) return
  const { row, change } = found
  change.outcome = event.type === 'change-begin' ? 'running' : event.outcome
  row.startedAtMs ??= nowMs
  if (event.type === 'change-begin') {
    row.outcome = 'running'
    delete row.progress
    return
  }
  if (event.outcome === 'failed') {
    row.outcome = 'failed'
    if (event.error !== undefined) row.error = event.error.message
  } else if (row.changes.every(({ outcome }) => outcome === 'done')) row.outcome = 'done'
  if (row.outcome === 'running') return
  row.endedAtMs = nowMs
  const { rows } = found.line
  if (rows.every(({ endedAtMs }) => endedAtMs !== undefined))
    end(found.line, rows.some(({ outcome }) => outcome === 'failed') ? 'failed' : 'done', nowMs)
}

function tellProgress(block: Block, event: Extract<RunEvent, { type: 'progress' }>, nowMs: number): void {
  const target = findChange(block, event.id)?.row ?? block.lines.find(({ id }) => id === event.id)
  if (target === undefined) return
  const { state, done, total } = event
  target.progress = {
    ...(target.progress ?? { sinceMs: nowMs, sinceDone: done ?? 0 }),
    ...(state === undefined ? {} : { state }),
    ...(done === undefined ? {} : { done }),
    ...(total === undefined ? {} : { total }),
  }
}

/** A look that found all hosts leaves no trace but the first of a run, which is the preflight. */
function endObservation(block: Block, hosts: { host: string; reached: boolean }[], nowMs: number): void {
  const observation = block.lines.findLast(({ kind, outcome }) => kind === 'observation' && outcome === 'running')
  if (observation === undefined) return
  const lost = hosts.filter(({ reached }) => !reached).map(({ host }) => host)
  const isFirst = block.stage === undefined && block.lines[0] === observation
  observation.title = 'Hosts read'
  observation.detail = lost.length === 0 ? hosts.map(({ host }) => host).join(', ') : `not reached: ${lost.join(', ')}`
  end(observation, lost.length === 0 ? 'done' : 'failed', nowMs)
  if (!isFirst && lost.length === 0) block.lines.splice(block.lines.indexOf(observation), 1)
}

function findChange(block: Block, id: string) {
  for (const each of block.lines.toReversed())
    for (const row of each.rows) {
      const change = row.changes.find((candidate) => candidate.id === id)
      if (change !== undefined) return { line: each, row, change }
    }
  return undefined
}

function end(ended: Line | undefined, outcome: 'done' | 'failed', nowMs: number): void {
  if (ended === undefined) return
  ended.outcome = outcome
  ended.endedAtMs = nowMs
}

function withHost(host: string | undefined, message: string): string {
  return host === undefined ? message : `${host}: ${message}`
}
