import type { Colors } from '../colors.ts'
import { cleanLine, cut, pad, widthOf } from '../text.ts'
import type { Block, Row } from './block.ts'

/** A piece of text from anywhere, and how it looks. */
export interface Piece {
  text: string
  style?: keyof Colors
}

export interface Screen {
  columns: number
  rows: number
  nowMs: number
  colors: Colors
  /** The block will not change any more: finished things collapse, what still ran has been broken off. */
  isLast: boolean
}

/** A screen, and how much of its width is used. */
export interface Draw extends Screen {
  width: number
}

/** One line: a sign, a name, the rest; `right` at the right edge. */
export function row(indent: number, pieces: Piece[], right: Piece | undefined, draw: Draw): string {
  const [first, second, ...rest] = pieces.filter(({ text }) => text !== '')
  const lead: Piece[] = [{ text: '  '.repeat(indent) }]
  if (first !== undefined) lead.push(first)
  if (second !== undefined) lead.push({ text: ' ' }, second)
  const whole = [...lead, ...spaced(rest)]
  // Half a bar shows nothing: its room is better spent on words.
  const fits = widthOfAll(whole) + (right === undefined ? 0 : widthOf(right.text) + 2) <= draw.width
  const shown = fits ? whole : [...lead, ...spaced(rest.filter(({ text }) => !isBar(text)))]
  return fitRow(shown, right, draw.width, draw.colors)
}

function spaced(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap((each, index) => {
    // The two halves of a bar belong together.
    const isSecondHalf = each.text.startsWith('─') && pieces[index - 1]?.text.startsWith('━') === true
    return [{ text: isSecondHalf ? '' : '  ' }, each]
  })
}

function isBar(text: string): boolean {
  return /^[━─]/.test(text)
}

function widthOfAll(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + widthOf(text), 0)
}

/** Text of a host or a change, made harmless and short enough to lay out. */
export function piece(text: string, style?: keyof Colors): Piece {
  const harmless = cleanLine(text)
  return style === undefined ? { text: harmless } : { text: harmless, style }
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export function mark(outcome: Block['outcome'] | Row['outcome'], draw: Draw): Piece {
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

/** What a label needs to be told from others. */
const leastLabel = 20

/**
 * Never wider than `width`: `right` at the right edge, and before it the pieces, cut at the end where there is no room. On a terminal
 * so narrow that little would be left of them it is `right` that gives way.
 */
function fitRow(pieces: readonly Piece[], right: Piece | undefined, width: number, colors: Colors): string {
  const rightWidth = right === undefined ? 0 : widthOf(right.text)
  const label = Math.min(widthOfAll(pieces), leastLabel)
  const showsRight = right !== undefined && label + rightWidth + 2 <= width
  const room = showsRight ? width - rightWidth - 2 : width
  const { text, used } = fitPieces(pieces, room, colors)
  if (!showsRight) return text
  return `${text}${pad('', room + 2 - used)}${styled(right, colors)}`
}

function fitPieces(pieces: readonly Piece[], room: number, colors: Colors): { text: string; used: number } {
  let text = ''
  let used = 0
  for (const piece of pieces) {
    const fitting = { ...piece, text: cut(piece.text, room - used) }
    text += styled(fitting, colors)
    used += widthOf(fitting.text)
    if (fitting.text !== piece.text) break
  }
  return { text, used }
}

function styled({ text, style }: Piece, colors: Colors): string {
  return style === undefined ? text : colors[style](text)
}
