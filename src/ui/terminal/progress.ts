import { amountText, durationText, secondsText } from '../units.ts'
import type { Line, Progress, Row } from './block.ts'
import { piece, type Draw, type Piece } from './row.ts'

export function progressPieces({ progress, outcome }: Line | Row, draw: Draw): Piece[] {
  const { done, total } = progress ?? {}
  if (done === undefined || total === undefined) return statePieces(progress)
  if (outcome === 'done') return [piece(amountText(total, undefined), 'dim')]
  if (draw.isLast) return [piece(amountText(done, total), 'dim')]
  return [...statePieces(progress), ...(draw.width >= 72 ? barOf(done / total) : [])]
}

export function statePieces(progress: Progress | undefined): Piece[] {
  const state = progress?.state
  return state === undefined ? [] : [piece(state, state === 'healthy' ? 'green' : 'cyan')]
}

export function rightOf(each: Line | Row, draw: Draw): Piece | undefined {
  const { state, done, total, sinceMs, sinceDone } = each.progress ?? {}
  const isRunning = !draw.isLast && each.outcome === 'running'
  if (!isRunning || done === undefined || sinceMs === undefined || sinceDone === undefined) return timeOf(each, draw)
  if (total === undefined) return piece(amountText(done, total), 'dim')
  // What the member does by now says more.
  if (done >= total && state !== undefined) return timeOf(each, draw)
  return piece(stillToGo({ done, total, sinceMs, sinceDone }, draw.nowMs), 'dim')
}

interface Moving {
  done: number
  total: number
  sinceMs: number
  sinceDone: number
}

/** After the bytes the host still unpacks and checks them, which no reckoning of theirs foresees. */
function stillToGo(at: Moving, nowMs: number): string {
  const left = msLeft(at, nowMs)
  if (left !== undefined && left >= 1000) return `${amountText(at.done, at.total)}, ${secondsText(left)} left`
  return at.done >= at.total * 0.99 ? `${amountText(at.total, undefined)}, finishing` : amountText(at.done, at.total)
}

/** Short waits are not worth a number while they last. */
export function timeOf(span: { startedAtMs?: number; endedAtMs?: number }, draw: Draw): Piece | undefined {
  if (span.startedAtMs === undefined) return undefined
  if (span.endedAtMs !== undefined) return piece(durationText(span.endedAtMs - span.startedAtMs), 'dim')
  const seconds = Math.floor((draw.nowMs - span.startedAtMs) / 1000)
  return seconds < 3 ? undefined : piece(secondsText(seconds * 1000), 'dim')
}

const barWidth = 20

function barOf(share: number): Piece[] {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth)
  return [
    { text: '━'.repeat(filled), style: 'cyan' },
    { text: '─'.repeat(barWidth - filled), style: 'dim' },
  ]
}

function msLeft(at: Moving, nowMs: number): number | undefined {
  const elapsedMs = nowMs - at.sinceMs
  const moved = at.done - at.sinceDone
  // The first half second says nothing about the next ones.
  if (elapsedMs < 500 || moved <= 0) return undefined
  return ((at.total - at.done) / moved) * elapsedMs
}
