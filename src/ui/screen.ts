import { widthOf } from './text.ts'
import { countText } from './units.ts'

/** A terminal that shows one text, and the next in its place. */
export interface Screen {
  show(text: string): void
  /** The terminal as it was found, and below it what was shown last. */
  close(): void
}

const enter = '\u001b[?1049h\u001b[?25l'
const leave = '\u001b[?25h\u001b[?1049l'

export function openScreen(stream: NodeJS.WriteStream): Screen {
  let shown = ''
  const draw = (): void => {
    const lines = fitting(shown, stream.columns, stream.rows)
    // Line by line and without clearing first, so that nothing flickers
    stream.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`)
  }
  const onExit = (): void => void stream.write(leave)
  stream.write(enter)
  process.once('exit', onExit)
  stream.on('resize', draw)
  return {
    show(text) {
      shown = text
      draw()
    },
    close() {
      process.off('exit', onExit)
      stream.off('resize', draw)
      stream.write(leave + (shown === '' ? '' : `${shown}\n`))
    },
  }
}

/** As much of it as has room, long lines broken. */
export function fitting(text: string, columns: number, rows: number): string[] {
  const lines = text.split('\n')
  const heights = lines.map((line) => Math.max(1, Math.ceil(widthOf(line) / columns)))
  const sum = (until: number): number => heights.slice(0, until).reduce((all, height) => all + height, 0)
  if (sum(lines.length) <= rows) return lines
  let kept = lines.length
  while (kept > 0 && sum(kept) > rows - 1) kept--
  return [...lines.slice(0, kept), `… ${countText(lines.length - kept, 'more line')}`]
}
