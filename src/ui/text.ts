import { stripVTControlCharacters } from 'node:util'

/**
 * What came from a host, made harmless: no terminal escapes, no control characters, no marks that turn the reading direction around
 * (a hostile file name could else look like another one). Line ends and nothing else stay.
 */
export function clean(text: string): string {
  return (
    withoutEscapes(text)
      .replace(/\r\n?/g, '\n')
      .replace(/\t/g, '  ')
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '')
  )
}

/** In linear time whatever a host sends; Node's own way takes seconds for 64 KiB of begun sequences. */
function withoutEscapes(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g,
    '',
  )
}

/** The same on one line, at most `max` columns wide. */
export function cleanLine(text: string, max = 500): string {
  return cut(
    clean(text)
      .replace(/\s*\n\s*/g, ' ')
      .trim(),
    max,
  )
}

/** The last lines, where answers of hosts say the most. */
export function lastLines(text: string, count: number): string[] {
  const lines = clean(text).trimEnd().split('\n')
  const shown = lines.slice(-count).map((line) => cut(line, 500))
  return lines.length > count ? [`… ${lines.length - count} lines before`, ...shown] : shown
}

/** Columns on a terminal; escapes count nothing. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character)
  return width
}

export function cut(text: string, max: number): string {
  if (text.length <= max && widthOf(text) <= max) return text
  let width = 0
  let kept = ''
  for (const character of text) {
    width += columnsOf(character)
    if (width > max - 1) break
    kept += character
  }
  return max < 1 ? '' : `${kept.trimEnd()}…`
}

/** Between words; a word that is longer than a line stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + space : space + text
}

const noColumn = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const twoColumns =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u

function columnsOf(character: string): number {
  if (character < '\u0300') return 1
  if (noColumn.test(character)) return 0
  return twoColumns.test(character) ? 2 : 1
}
