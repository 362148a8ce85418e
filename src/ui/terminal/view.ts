import type { Colors } from '../colors.ts'
import { pad, widthOf } from '../text.ts'
import { amountText, countText, durationText, secondsText } from '../units.ts'
import { fitRow, piece, type Piece } from './row.ts'
import type { Block, Line, Progress, Remark, Row } from './story.ts'

export interface Screen {
  columns: number
  rows: number
  nowMs: number
  colors: Colors
  /** The block will not change any more: finished things collapse, what still ran has been broken off. */
  isLast: boolean
}

const maxWidth = 96

/** The block as lines of text. Pure: the same block, screen and time give the same picture. */
export function view(block: Block, screen: Screen): string[] {
  const width = Math.max(20, Math.min(maxWidth, screen.columns - 1))
  const draw: Draw = { ...screen, width }
  const body =
    block.stage === undefined ? block.lines.flatMap((line) => lineRows(line, 0, draw)) : stageRows(block, draw)
  const remarks = block.remarks.flatMap((remark) => remarkRows(remark, block.stage === undefined ? 0 : 1, draw))
  const all = [...body, ...remarks]
  return screen.isLast ? all : fitHeight(all, screen.rows - 1, draw)
}

interface Draw extends Screen {
  width: number
}

function stageRows(block: Block, draw: Draw): string[] {
  const [only, ...more] = block.lines
  const isOver = block.outcome !== 'running'
  const head = (detail: string) => [mark(block.outcome, draw), piece(`${block.stage}`, 'bold'), piece(detail, 'dim')]
  const time = timeOf(block, draw)
  // What went well and was one thing is told in one line.
  if (isOver && block.outcome !== 'failed' && more.length === 0)
    return [row(0, head(only === undefined ? '' : lineDetail(only)), time, draw)]
  return [row(0, head(''), time, draw), ...block.lines.flatMap((line) => lineRows(line, 1, draw))]
}

function lineRows(line: Line, indent: number, draw: Draw): string[] {
  if (line.kind !== 'wave') {
    const pieces = [
      mark(line.outcome, draw),
      piece(line.title),
      piece(line.detail, 'dim'),
      ...progressPieces(line, draw),
    ]
    return [row(indent, pieces, rightOf(line, draw), draw)]
  }
  if (line.outcome === 'done')
    return [row(indent, [mark('done', draw), piece(hostsOf(line)), piece(line.title, 'dim')], timeOf(line, draw), draw)]
  const nameWidth = Math.max(...line.rows.map(({ host }) => widthOf(host)))
  return line.rows.map((each) => hostRow(each, nameWidth, indent, draw))
}

function hostRow(each: Row, nameWidth: number, indent: number, draw: Draw): string {
  const name: Piece = { text: pad(piece(each.host).text, nameWidth), style: 'bold' }
  const pieces = [mark(each.outcome, draw), name, ...hostPieces(each, draw)]
  return row(indent, pieces, rightOf(each, draw), draw)
}

function hostPieces(each: Row, draw: Draw): Piece[] {
  const running = each.changes.find(({ outcome }) => outcome === 'running')
  const failed = each.changes.find(({ outcome }) => outcome === 'failed')
  if (failed !== undefined) return [piece(failed.what), piece(each.error ?? 'failed', 'red')]
  if (running !== undefined) return [piece(running.what), ...progressPieces(each, draw)]
  const whats = piece(each.changes.map(({ what }) => what).join(', '), 'dim')
  return each.outcome === 'done' ? [whats, ...statePieces(each.progress)] : [whats]
}

function progressPieces({ progress, outcome }: Line | Row, draw: Draw): Piece[] {
  const { done, total } = progress ?? {}
  if (done === undefined || total === undefined) return statePieces(progress)
  if (outcome === 'done') return [piece(amountText(total, undefined), 'dim')]
  if (draw.isLast) return [piece(`${amountText(done, total)}`, 'dim')]
  return [...statePieces(progress), ...(draw.width >= 72 ? barOf(done / total) : [])]
}

function statePieces(progress: Progress | undefined): Piece[] {
  const state = progress?.state
  return state === undefined ? [] : [piece(state, state === 'healthy' ? 'green' : 'cyan')]
}

const barWidth = 20

function barOf(share: number): Piece[] {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth)
  return [
    { text: '━'.repeat(filled), style: 'cyan' },
    { text: '─'.repeat(barWidth - filled), style: 'dim' },
  ]
}

function rightOf(each: Line | Row, draw: Draw): Piece | undefined {
  const { done, total, sinceMs, sinceDone } = each.progress ?? {}
  const isMoving =
    !draw.isLast && each.outcome === 'running' && done !== undefined && (total === undefined || done < total)
  if (!isMoving || sinceMs === undefined || sinceDone === undefined) return timeOf(each, draw)
  const amount = amountText(done, total)
  const left = total === undefined ? undefined : msLeft({ done, total, sinceMs, sinceDone }, draw.nowMs)
  return piece(left === undefined ? amount : `${amount}, ${secondsText(Math.max(1000, left))} left`, 'dim')
}

function msLeft(
  at: { done: number; total: number; sinceMs: number; sinceDone: number },
  nowMs: number,
): number | undefined {
  const elapsedMs = nowMs - at.sinceMs
  const moved = at.done - at.sinceDone
  // The first half second says nothing about the next ones.
  if (elapsedMs < 500 || moved <= 0) return undefined
  return ((at.total - at.done) / moved) * elapsedMs
}

/** Short waits are not worth a number while they last. */
function timeOf(span: { startedAtMs?: number; endedAtMs?: number }, draw: Draw): Piece | undefined {
  if (span.startedAtMs === undefined) return undefined
  if (span.endedAtMs !== undefined) return piece(durationText(span.endedAtMs - span.startedAtMs), 'dim')
  const seconds = Math.floor((draw.nowMs - span.startedAtMs) / 1000)
  return seconds < 3 ? undefined : piece(secondsText(seconds * 1000), 'dim')
}

function lineDetail(line: Line): string {
  const parts = line.kind === 'wave' ? [hostsOf(line), line.title] : [line.title, line.detail]
  return parts.filter((part) => part !== '').join('  ')
}

function hostsOf({ rows }: Line): string {
  const [only, ...more] = rows
  return only !== undefined && more.length === 0 ? only.host : countText(rows.length, 'host')
}

/** What a person must read is wrapped, never cut. */
function remarkRows({ kind, text, next }: Remark, indent: number, draw: Draw): string[] {
  const signs: Record<Remark['kind'], Piece> = {
    warning: { text: '⚠', style: 'yellow' },
    note: { text: '·', style: 'dim' },
    pause: { text: '◼', style: 'yellow' },
  }
  const room = draw.width - indent * 2 - 2
  return [text, ...next]
    .flatMap((part) => wrap(part, room))
    .map((part, index) => row(indent, [index === 0 ? signs[kind] : { text: ' ' }, piece(part)], undefined, draw))
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

function mark(outcome: Block['outcome'] | Row['outcome'], draw: Draw): Piece {
  switch (outcome) {
    case 'reached':
    case 'done':
      return { text: '✔', style: 'green' }
    case 'failed':
      return { text: '✖', style: 'red' }
    case 'paused':
      return { text: '◼', style: 'yellow' }
    case 'waiting':
      return { text: '·', style: 'dim' }
    case 'running':
      if (draw.isLast) return { text: '◼', style: 'yellow' }
      return { text: spinner[Math.floor(draw.nowMs / 100) % spinner.length] ?? '', style: 'cyan' }
  }
}

function row(indent: number, pieces: Piece[], right: Piece | undefined, draw: Draw): string {
  const [first, second, ...rest] = pieces.filter(({ text }) => text !== '')
  const spaced: Piece[] = [{ text: '  '.repeat(indent) }]
  if (first !== undefined) spaced.push(first)
  if (second !== undefined) spaced.push({ text: ' ' }, second)
  for (const [index, each] of rest.entries()) {
    // The two halves of a bar belong together.
    const isBar = each.text.startsWith('─') && rest[index - 1]?.text.startsWith('━') === true
    spaced.push({ text: isBar ? '' : '  ' }, each)
  }
  return fitRow(spaced, right, draw.width, draw.colors)
}

/** A live view that is taller than the screen cannot be redrawn: what is finished goes first. */
function fitHeight(lines: string[], height: number, draw: Draw): string[] {
  if (lines.length <= height) return lines
  const done = lines.map((line, index) => (line.includes('✔') ? index : -1)).filter((index) => index > 0)
  const dropped = new Set(done.slice(0, lines.length - height + 1))
  const kept = lines.filter((_, index) => !dropped.has(index))
  const told = dropped.size === 0 ? [] : [row(1, [piece(`… ${dropped.size} more done`, 'dim')], undefined, draw)]
  return [...kept.slice(0, 1), ...told, ...kept.slice(1)].slice(0, Math.max(1, height))
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of piece(text).text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
