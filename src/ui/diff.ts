import type { Colors } from './colors.ts'
import { clean, cut } from './text.ts'
import { countText } from './units.ts'

/** A unified diff for people: coloured, harmless, and cut where it is longer than `maxLines`. */
export function diffLines(diff: string, colors: Colors, maxLines = Infinity): string[] {
  const lines = clean(diff).trimEnd().split('\n')
  const shown = lines.slice(0, maxLines).map((line) => styled(cut(line, 400), colors))
  const rest = lines.length - shown.length
  return rest === 0 ? shown : [...shown, colors.dim(`… ${countText(rest, 'more line')}`)]
}

function styled(line: string, colors: Colors): string {
  if (/^(\+\+\+|---|Index:|diff )/.test(line)) return colors.bold(line)
  if (line.startsWith('+')) return colors.green(line)
  if (line.startsWith('-')) return colors.red(line)
  if (line.startsWith('@@')) return colors.cyan(line)
  return line
}
