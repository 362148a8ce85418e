import type { Expression, File } from '@babel/types'
import type { Path } from './schema-keys.ts'
import { constantOf, exported, keyOf, syntaxOf, unwrapped } from './syntax.ts'

/** The line of an inventory's source on which a place in it is written, or where code makes it, what holds it; undefined: not in this file. */
export function linesOf(source: string): (path: Path) => number | undefined {
  const syntax = syntaxOf(source)
  if ('why' in syntax) return () => undefined
  const { file } = syntax
  const top = exported(file)
  return (path) => {
    let value = 'found' in top ? top.found : undefined
    let line: number | undefined
    for (const key of path) {
      const entry = value === undefined ? undefined : entryOf(file, value, key)
      if (entry === undefined) return line
      line = entry.line ?? line
      value = entry.value
    }
    return line
  }
}

interface Entry {
  line: number | undefined
  value: Expression
}

function entryOf(file: File, expression: Expression, key: PropertyKey): Entry | undefined {
  const literal = literalOf(file, expression)
  if (literal?.type === 'ArrayExpression') {
    // What is spread before it moves its place.
    if (literal.elements.some((each) => each?.type === 'SpreadElement')) return undefined
    const element = literal.elements[Number(key)] as Expression | null | undefined
    return element ? { line: element.loc?.start.line, value: element } : undefined
  }
  if (literal?.type !== 'ObjectExpression') return undefined
  for (const each of literal.properties.toReversed()) {
    if (each.type === 'SpreadElement') {
      // What stands last wins, and what can't be looked into may have it.
      if (literalOf(file, each.argument) === undefined) return undefined
      const spread = entryOf(file, each.argument, key)
      if (spread !== undefined) return spread
    } else if (each.type === 'ObjectProperty' && keyOf(each) === String(key)) {
      return { line: each.loc?.start.line, value: each.value as Expression }
    }
  }
  return undefined
}

/** Through what wraps it, and the name of a constant of the same file. */
function literalOf(file: File, expression: Expression): Expression | undefined {
  const found = unwrapped(expression)
  if (found.type === 'ObjectExpression' || found.type === 'ArrayExpression') return found
  const constant = found.type === 'Identifier' ? constantOf(file, found.name) : undefined
  return constant && literalOf(file, constant.value)
}
