import type { File, ObjectExpression } from '@babel/types'

import { pathText } from './describe.ts'
import { insertInto, put, quoteOf, spelled, type Entries, type Splice } from './insert.ts'
import { span, syntaxOf, usesOf } from './syntax.ts'
import { valueOf, whereWritten, type Key, type Literal, type Written } from './written.ts'

export interface InventoryEdit {
  /** Keys from the inventory's top: `['nodes', 'node2', 'client', 'advertise', 0]`. */
  path: readonly Key[]
  /** Absent: nothing is written there yet. */
  from?: string | number
  to: string | number
}

/** `computed`: code makes the value, and is not guessed at. */
export type Edited = { kind: 'edited'; text: string } | { kind: 'computed'; why: string }

/** Replaces and inserts literals in an inventory's source; every other byte stays as it is. */
export function editInventory(source: string, edits: readonly InventoryEdit[]): Edited {
  const syntax = syntaxOf(source)
  if ('why' in syntax) return { kind: 'computed', why: syntax.why }
  const { file } = syntax
  const spots: Spot[] = []
  for (const edit of distinct(edits)) {
    const written = whereWritten(file, edit.path)
    const why = written.kind === 'computed' ? written.why : mismatch(edit, written)
    if (written.kind === 'computed' || why !== undefined) return { kind: 'computed', why: why ?? '' }
    spots.push({ edit, written })
  }
  for (const spot of spots) {
    const why = sharedProblem(file, spot, spots)
    if (why !== undefined) return { kind: 'computed', why }
  }
  return { kind: 'edited', text: spliced(source, splicesOf(source, file, spots)) }
}

/** As a message shows a value of the inventory. */
export function shown(value: string | number): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

interface Spot {
  edit: InventoryEdit
  written: Exclude<Written, { kind: 'computed' }>
}

function distinct(edits: readonly InventoryEdit[]): InventoryEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify([edit.path, edit.to]), edit])).values()]
}

function mismatch({ path, from }: InventoryEdit, written: Spot['written']): string | undefined {
  const name = pathText(path)
  if (written.kind === 'missing') return from === undefined ? undefined : `${name} is not written there`
  const value = valueOf(written.literal)
  if (value === from) return undefined
  return `${name} is written as ${shown(value)}, ${from === undefined ? 'and was to be new' : `not as ${shown(from)}`}`
}

/** What is written once and used in several places may change only if all of them shall, and alike. */
function sharedProblem(file: File, { edit, written }: Spot, spots: readonly Spot[]): string | undefined {
  const alike = spots.filter((other) => isSame(other.written, written))
  const name = pathText(edit.path)
  const other = alike.find(({ edit: { to } }) => to !== edit.to)
  if (other !== undefined)
    return `${name} and ${pathText(other.edit.path)} are written in one place and cannot differ there`
  const uses = written.through.map((constant) => ({ constant, count: usesOf(file, constant) }))
  const ways = uses.reduce((product, { count }) => product * count, 1)
  if (alike.length >= ways) return undefined
  const shared = uses.find(({ count }) => count > 1)?.constant
  return `${name} comes from the constant ${shared}, which is used in other places of the file too`
}

function isSame(a: Spot['written'], b: Spot['written']): boolean {
  if (a.kind === 'literal') return b.kind === 'literal' && a.literal === b.literal
  return b.kind === 'missing' && a.object === b.object && pathText(a.rest) === pathText(b.rest)
}

function splicesOf(source: string, file: File, spots: readonly Spot[]): Splice[] {
  const literals = new Map<Literal, string | number>()
  const objects = new Map<ObjectExpression, Entries>()
  for (const { edit, written } of spots) {
    if (written.kind === 'literal') literals.set(written.literal, edit.to)
    else objects.set(written.object, put(objects.get(written.object) ?? new Map(), written.rest, edit.to))
  }
  return [
    ...[...literals].map(([literal, to]) => ({
      ...span(literal),
      text: spelled(to, ownQuote(source, literal) ?? quoteOf(source, file)),
    })),
    ...[...objects].flatMap(([object, entries]) => insertInto(source, file, object, entries)),
  ]
}

function ownQuote(source: string, literal: Literal): string | undefined {
  return literal.type === 'NumericLiteral' ? undefined : source[span(literal).start]
}

/** The source with these parts replaced. */
export function spliced(source: string, splices: readonly Splice[]): string {
  let text = ''
  let done = 0
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    text += source.slice(done, splice.start) + splice.text
    done = splice.end
  }
  return text + source.slice(done)
}
