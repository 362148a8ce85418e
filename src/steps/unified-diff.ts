import { createTwoFilesPatch } from 'diff'

/** As `diff -u` shows it; empty where nothing differs. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ''
  const patch = createTwoFilesPatch(before === '' ? '/dev/null' : path, path, before, after, '', '', { context: 2 })
  return patch.replace(/^(Index: .*\n)?=+\n/, '')
}
