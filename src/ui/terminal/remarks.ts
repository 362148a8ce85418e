import { wrap } from '../text.ts'
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
    .flatMap((part) => wrap(piece(part).text, room))
    .map((part, index) => row(indent, [index === 0 ? signs[kind] : { text: ' ' }, piece(part)], undefined, draw))
}
