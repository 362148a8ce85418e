import type { File, ObjectExpression, ObjectProperty } from '@babel/types'

import { behindComments, commaBehind, ownLine } from './between.ts'
import { nodesIn, span } from './syntax.ts'
import type { Key } from './written.ts'

export interface Splice {
  start: number
  end: number
  text: string
}

/** What is to be written into an object: values, records and lists of them. */
export type Entries = Map<Key, string | number | Entries>

export function put(entries: Entries, [key = '', ...rest]: readonly Key[], value: string | number): Entries {
  const within = entries.get(key)
  return entries.set(key, rest.length === 0 ? value : put(within instanceof Map ? within : new Map(), rest, value))
}

/** Behind what the object holds, in its own manner. */
export function insertInto(source: string, file: File, object: ObjectExpression, entries: Entries): Splice[] {
  const manner = mannerOf(source, file, object)
  const parts = [...entries].map((entry) => entryText(entry, manner))
  const last = object.properties.at(-1)
  if (last === undefined) return [intoEmpty(source, object, parts)]
  const lastEnd = span(last).end
  const comma = commaBehind(source, file, lastEnd)
  const newLine = ownLine(source, span(last).start)
  if (newLine === undefined) {
    const at = behindComments(source, file, comma ?? lastEnd, 'CommentBlock')
    const [before, after] = comma === undefined ? [`,${manner.gap}`, ''] : [manner.gap, ',']
    return [{ start: at, end: at, text: before + parts.join(`,${manner.gap}`) + after }]
  }
  const at = lineEnd(source, behindComments(source, file, comma ?? lastEnd))
  const lines = newLine + parts.join(`,${newLine}`)
  if (comma !== undefined) return [{ start: at, end: at, text: `${lines},` }]
  return [
    { start: lastEnd, end: lastEnd, text: ',' },
    { start: at, end: at, text: lines },
  ]
}

export function spelled(value: string | number, quote: string): string {
  if (typeof value === 'number') return String(value)
  const escaped = value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
  return quote + (quote === '`' ? escaped.replaceAll('${', '\\${') : escaped) + quote
}

/** The quotes that the file is written in. */
export function quoteOf(source: string, file: File): string {
  const strings = nodesIn(file).filter(({ type }) => type === 'StringLiteral')
  const double = strings.filter((each) => source[span(each).start] === '"')
  return double.length * 2 > strings.length ? '"' : "'"
}

interface Manner {
  quote: string
  quotesKeys: boolean
  colon: string
  /** Between entries of one line. */
  gap: string
  /** Inside of braces. */
  pad: string
}

function mannerOf(source: string, file: File, object: ObjectExpression): Manner {
  const last = object.properties.findLast((each) => each.type === 'ObjectProperty' && !each.shorthand)
  const isTight = last?.type === 'ObjectProperty' && !/\s/.test(betweenKeyAndValue(source, last))
  const gap = isTight ? '' : ' '
  const opening = source[span(object).start + 1] ?? ''
  return {
    quote: quoteOf(source, file),
    quotesKeys: last?.type === 'ObjectProperty' && last.key.type === 'StringLiteral' && /^\w+$/.test(last.key.value),
    colon: `:${gap}`,
    gap,
    pad: last === undefined || /\s/.test(opening) ? ' ' : '',
  }
}

function betweenKeyAndValue(source: string, { key, value }: ObjectProperty): string {
  return source.slice(span(key).end, span(value).start)
}

function entryText([key, value]: [Key, string | number | Entries], manner: Manner): string {
  const name = String(key)
  const isPlain = /^[A-Za-z_$][\w$]*$/.test(name) && !manner.quotesKeys
  return (isPlain ? name : spelled(name, manner.quote)) + manner.colon + valueText(value, manner)
}

function valueText(value: string | number | Entries, manner: Manner): string {
  if (!(value instanceof Map)) return spelled(value, manner.quote)
  const isList = [...value.keys()].every((key) => typeof key === 'number')
  if (isList) return `[${[...value.values()].map((each) => valueText(each, manner)).join(`,${manner.gap}`)}]`
  const inner = [...value].map((entry) => entryText(entry, manner)).join(`,${manner.gap}`)
  return `{${manner.pad}${inner}${manner.pad}}`
}

function intoEmpty(source: string, object: ObjectExpression, parts: string[]): Splice {
  const { start, end } = span(object)
  const inner = source.slice(start + 1, end - 1)
  const at = { start: start + 1, end: start + 1 }
  const closing = ownLine(source, end - 1)
  if (closing === undefined || !inner.includes('\n'))
    return { ...at, text: ` ${parts.join(', ')}${/^\s/.test(inner) ? '' : ' '}` }
  const newLine = closing + (closing.includes('\t') ? '\t' : '  ')
  return { ...at, text: parts.map((part) => `${newLine}${part},`).join('') }
}

/** Behind blanks that end the line. */
function lineEnd(source: string, offset: number): number {
  return offset + (/^[ \t]*(?=\r?\n)/.exec(source.slice(offset))?.[0].length ?? 0)
}
