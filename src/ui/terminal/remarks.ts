import { widthOf } from '../text.ts'
import type { Remark } from './block.ts'
import { piece, row, type Draw, type Piece } from './row.ts'

/** What a person must read is wrapped, never cut. */
export function remarkRows({ kind, text, next }: Remark, indent: number, draw: Draw): string[] {
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
