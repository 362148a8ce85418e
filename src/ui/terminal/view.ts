import { pad, widthOf } from '../text.ts'
import { countText } from '../units.ts'
import type { Block, Line, Row } from './block.ts'
import { progressPieces, rightOf, statePieces, timeOf } from './progress.ts'
import { remarkRows } from './remarks.ts'
import { mark, piece, row, type Draw, type Piece, type Screen } from './row.ts'

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

function lineDetail(line: Line): string {
  const parts = line.kind === 'wave' ? [hostsOf(line), line.title] : [line.title, line.detail]
  return parts.filter((part) => part !== '').join('  ')
}

function hostsOf({ rows }: Line): string {
  const [only, ...more] = rows
  return only !== undefined && more.length === 0 ? only.host : countText(rows.length, 'host')
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
