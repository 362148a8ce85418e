import type { File, ObjectExpression } from '@babel/types'

import { behindComments, commaBehind, lastCommentIn, ownLine } from './between.ts'
import { pathText } from './describe.ts'
import { spliced, type Edited } from './edit.ts'
import type { Splice } from './insert.ts'
import { span, syntaxOf, usesOf } from './syntax.ts'
import { propertyWritten, type Key } from './written.ts'

/**
 * Takes a property out of an inventory's source, with its comma and what is remarked behind it on its line; every other byte stays, also
 * a comment above it, which may speak of what follows. Whether the key comes from elsewhere too shows when the edited file is tried.
 */
export function removeFromSource(source: string, path: readonly Key[]): Edited {
  const syntax = syntaxOf(source)
  if ('why' in syntax) return { kind: 'computed', why: syntax.why }
  const { file } = syntax
  const found = propertyWritten(file, path)
  if ('why' in found) return { kind: 'computed', why: found.why }
  const shared = found.through.find((constant) => usesOf(file, constant) > 1)
  if (shared !== undefined) {
    const why = `${pathText(path)} stands in the constant ${shared}, which is used in other places of the file too`
    return { kind: 'computed', why }
  }
  return { kind: 'edited', text: spliced(source, cuts(source, file, found)) }
}

function cuts(
  source: string,
  file: File,
  { object: { properties }, at }: { object: ObjectExpression; at: number },
): Splice[] {
  const [before, property] = [properties[at - 1], properties[at]]
  if (property === undefined) return []
  const { start, end } = span(property)
  const comma = commaBehind(source, file, end)
  if (comma !== undefined) return [cut(source, file, start, comma)]
  const tail = behindComments(source, file, end, 'CommentBlock')
  const commaBefore = before && commaBehind(source, file, span(before).end)
  if (commaBefore === undefined) return [cut(source, file, start, tail)]
  // The last, without a comma of its own: so is the one before it from now on.
  const separator = { start: commaBefore - 1, end: commaBefore, text: '' }
  if (ownLine(source, start) !== undefined) return [separator, cut(source, file, start, tail)]
  const beginsLine = ownLine(source, separator.start) !== undefined && source.slice(commaBefore, start).trim() === ''
  if (beginsLine) return [cut(source, file, separator.start, tail)]
  return [separator, { start: lastCommentIn(file, commaBefore, start) ?? commaBefore, end: tail, text: '' }]
}

/** With its lines, where nothing else stands on them; else with the blanks on one side. */
function cut(source: string, file: File, start: number, end: number): Splice {
  const beginsLine = ownLine(source, start) !== undefined
  const lineBreak = /^[ \t]*\r?\n/
  const behind = behindComments(source, file, end)
  const rest = lineBreak.exec(source.slice(behind))?.[0]
  if (beginsLine && rest !== undefined)
    return { start: source.lastIndexOf('\n', start - 1) + 1, end: behind + rest.length, text: '' }
  if (!beginsLine && lineBreak.test(source.slice(end)))
    return { start: source.slice(0, start).replace(/[ \t]+$/, '').length, end, text: '' }
  return { start, end: end + (/^[ \t]*/.exec(source.slice(end))?.[0].length ?? 0), text: '' }
}
