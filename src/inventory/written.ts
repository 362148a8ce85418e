import type {
  ArrayExpression,
  Expression,
  File,
  NumericLiteral,
  ObjectExpression,
  StringLiteral,
  TemplateLiteral,
} from '@babel/types'

import { pathText } from './describe.ts'
import { constantOf, exported, importedFrom, keyOf, lineOf, unwrapped, type Member } from './syntax.ts'

export type Key = string | number
export type Literal = StringLiteral | NumericLiteral | TemplateLiteral

/** `through`: names of the constants on the way. `missing`: the object is written, what follows of the path is not. */
export type Written =
  | { kind: 'literal'; literal: Literal; through: string[] }
  | { kind: 'missing'; object: ObjectExpression; rest: Key[]; through: string[] }
  | { kind: 'computed'; why: string }

/** Where a path of the inventory stands in its file. */
export function whereWritten(file: File, path: readonly Key[]): Written {
  const way = wayTo(file, path)
  if ('why' in way) return { kind: 'computed', why: way.why }
  if ('object' in way) return { kind: 'missing', ...way }
  const name = pathText(path)
  const value = plain(file, way.found, name, way.through)
  if ('why' in value) return { kind: 'computed', why: value.why }
  if (!isLiteral(value.found))
    return { kind: 'computed', why: `${name} is computed, not written as a string or number (${lineOf(value.found)})` }
  return { kind: 'literal', literal: value.found, through: way.through }
}

/** Among which properties the last key of a path stands, and at which place; what its value is does not matter. */
export function propertyWritten(
  file: File,
  path: readonly Key[],
): { object: ObjectExpression; at: number; through: string[] } | { why: string } {
  const name = pathText(path)
  const way = wayTo(file, path.slice(0, -1))
  if ('why' in way) return way
  if ('object' in way) return { why: `${name} is not written there` }
  const holder = plain(file, way.found, `what holds ${name}`, way.through)
  if ('why' in holder) return holder
  const object = holder.found
  if (object.type !== 'ObjectExpression') return { why: `what holds ${name} is computed (${lineOf(object)})` }
  const at = object.properties.findLastIndex((each) => each.type !== 'SpreadElement' && keyOf(each) === path.at(-1))
  if (at === -1) return { why: `${name} is not written there (${lineOf(object)})` }
  return { object, at, through: way.through }
}

export function valueOf(literal: Literal): string | number {
  return literal.type === 'TemplateLiteral' ? (literal.quasis[0]?.value.cooked ?? '') : literal.value
}

/** From key to key, as far as they are written. */
function wayTo(
  file: File,
  path: readonly Key[],
): { found: Expression; through: string[] } | (Missing & { rest: Key[]; through: string[] }) | { why: string } {
  const top = exported(file)
  if ('why' in top) return top
  let found: Expression = top.found
  const through: string[] = []
  for (const [index, key] of path.entries()) {
    const name = pathText(path.slice(0, index + 1))
    const holder = plain(file, found, `what holds ${name}`, through)
    if ('why' in holder) return holder
    const inner = member(file, holder.found, key, name)
    if ('object' in inner) return { object: inner.object, rest: path.slice(index), through }
    if ('why' in inner) return inner
    found = inner.found
  }
  return { found, through }
}

type Found<T> = { found: T } | { why: string }
interface Missing {
  object: ObjectExpression
}

/** Through what wraps it, and the name of a constant of the same file. */
function plain(file: File, expression: Expression, name: string, through: string[]): Found<Expression> {
  const found = unwrapped(expression)
  if (found.type === 'CallExpression') return { why: `${name} is computed (${lineOf(found)})` }
  if (found.type !== 'Identifier') return { found }
  const constant = constantOf(file, found.name)
  const from = importedFrom(file, found.name)
  const place = `${found.name} (${lineOf(found)})`
  if (from !== undefined) return { why: `${name} is ${place}, which comes from '${from}'` }
  if (constant === undefined || through.includes(found.name)) return { why: `${name} is computed: ${place}` }
  if (constant.isExported) return { why: `${name} is ${place}, which other files may use: it is exported` }
  through.push(found.name)
  return plain(file, constant.value, name, through)
}

function isLiteral(expression: Expression): expression is Literal {
  if (expression.type === 'TemplateLiteral') return expression.expressions.length === 0
  return expression.type === 'StringLiteral' || expression.type === 'NumericLiteral'
}

function member(file: File, holder: Expression, key: Key, name: string): Found<Expression> | Missing {
  if (holder.type === 'ObjectExpression' && typeof key === 'string') return property(file, holder, key, name)
  if (holder.type === 'ArrayExpression' && typeof key === 'number') return element(holder, key, name)
  return { why: `what holds ${name} is computed (${lineOf(holder)})` }
}

function element({ elements }: ArrayExpression, index: number, name: string): Found<Expression> {
  const spread = elements.slice(0, index + 1).find((each) => each?.type === 'SpreadElement')
  if (spread) return { why: `${name} may come from what is spread into the list (${lineOf(spread)})` }
  const found = elements[index]
  return found ? { found: found as Expression } : { why: `${name} is not written there` }
}

function property(file: File, object: ObjectExpression, key: string, name: string): Found<Expression> | Missing {
  const at = object.properties.findLastIndex((each) => each.type !== 'SpreadElement' && keyOf(each) === key)
  const found = object.properties[at]
  const winner = object.properties.slice(at + 1).find((each) => mayHold(file, each, key))
  if (winner !== undefined) {
    const how = winner.type === 'SpreadElement' ? 'what is spread into the object' : 'a computed key'
    return { why: `${name} may come from ${how} (${lineOf(winner)})` }
  }
  if (found === undefined) return { object }
  if (found.type !== 'ObjectProperty') return { why: `${name} is computed by a function (${lineOf(found)})` }
  return { found: found.value as Expression }
}

/** Of what is spread only an object of the same file is known. */
function mayHold(file: File, each: Member, key: string): boolean {
  if (each.type !== 'SpreadElement') return (keyOf(each) ?? key) === key
  const spread = plain(file, each.argument, '', [])
  if ('why' in spread || spread.found.type !== 'ObjectExpression') return true
  return spread.found.properties.some((inner) => mayHold(file, inner, key))
}
