import type { Colors } from '../colors.ts'
import { cleanLine, cut, pad, widthOf } from '../text.ts'

/** A piece of text from anywhere, and how it looks. */
export interface Piece {
  text: string
  style?: keyof Colors
}

/**
 * One line of the view, never wider than `width`: the pieces, cut at the end where there is no room, and `right` at the right edge, which
 * gives way first on a narrow terminal.
 */
export function fitRow(pieces: readonly Piece[], right: Piece | undefined, width: number, colors: Colors): string {
  const rightWidth = right === undefined ? 0 : widthOf(right.text)
  const needed = pieces.reduce((sum, { text }) => sum + widthOf(text), 0)
  const showsRight = right !== undefined && (needed + rightWidth + 2 <= width || rightWidth * 3 <= width)
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

/** Text of a host or a change, made harmless and short enough to lay out. */
export function piece(text: string, style?: keyof Colors): Piece {
  const harmless = cleanLine(text)
  return style === undefined ? { text: harmless } : { text: harmless, style }
}
