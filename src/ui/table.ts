import type { Colors } from './colors.ts'
import { cleanLine, pad, widthOf } from './text.ts'

export interface Column {
  title: string
  align?: 'left' | 'right'
}

/** Text from anywhere; it is made harmless before it is styled. */
export type Cell = string | { text: string; style: (text: string) => string }

const gap = '  '

/** Aligned columns; where they are wider than the terminal, one record after the other. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { colors, maxWidth = Infinity }: { colors: Colors; maxWidth?: number },
): string {
  const texts = rows.map((row) => columns.map((_, index) => textOf(row[index] ?? '')))
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...texts.map((row) => widthOf(row[index] ?? ''))),
  )
  const total = widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1)
  if (total > maxWidth) return records(columns, rows, colors)
  const line = (cells: string[]) => cells.join(gap).trimEnd()
  const head = line(columns.map(({ title, align }, index) => pad(colors.dim(title), widths[index] ?? 0, align)))
  const body = rows.map((row) =>
    line(columns.map(({ align }, index) => pad(styledText(row[index] ?? ''), widths[index] ?? 0, align))),
  )
  return [head, ...body].join('\n')
}

function records(columns: readonly Column[], rows: readonly (readonly Cell[])[], colors: Colors): string {
  const width = Math.max(...columns.map(({ title }) => widthOf(title)))
  return rows
    .map((row) =>
      columns
        .map(({ title }, index) => `${pad(colors.dim(title), width)}${gap}${styledText(row[index] ?? '')}`.trimEnd())
        .join('\n'),
    )
    .join('\n\n')
}

function textOf(cell: Cell): string {
  return cleanLine(typeof cell === 'string' ? cell : cell.text)
}

function styledText(cell: Cell): string {
  return typeof cell === 'string' ? textOf(cell) : cell.style(textOf(cell))
}
