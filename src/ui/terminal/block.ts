/** What the live view shows at this moment: one stage, or what happens outside of stages. */
export interface Block {
  /** Undefined outside of stages. */
  stage?: string
  outcome: 'running' | 'reached' | 'failed' | 'paused'
  startedAtMs: number
  endedAtMs?: number
  lines: Line[]
  remarks: Remark[]
}

/** One thing that was set out to do: an observation, work on the controller, or a wave of changes with a row for each host. */
export interface Line extends Span {
  kind: 'observation' | 'task' | 'wave'
  id: string
  title: string
  detail: string
  outcome: 'running' | 'done' | 'failed'
  rows: Row[]
  progress?: Progress
}

export interface Row extends Span {
  host: string
  outcome: 'waiting' | 'running' | 'done' | 'failed'
  changes: { id: string; what: string; outcome: 'waiting' | 'running' | 'done' | 'failed' }[]
  progress?: Progress
  error?: string
}

export interface Progress {
  state?: string
  done?: number
  total?: number
  /** When the first bytes were told of: what is left is reckoned from there. */
  sinceMs: number
  sinceDone: number
}

export interface Remark {
  kind: 'warning' | 'note' | 'pause'
  text: string
  next: string[]
}

interface Span {
  startedAtMs?: number
  endedAtMs?: number
}

export function newBlock(nowMs: number, stage?: string): Block {
  return { outcome: 'running', startedAtMs: nowMs, lines: [], remarks: [], ...(stage === undefined ? {} : { stage }) }
}

export function isEmpty({ stage, lines, remarks }: Block): boolean {
  return stage === undefined && lines.length === 0 && remarks.length === 0
}
