import { parse } from '@babel/parser'
import type { Expression, File, ObjectExpression, ObjectProperty, StringLiteral } from '@babel/types'

export interface LiteralEdit {
  /** Keys from the inventory's top: `['tls', 'mode']`. */
  path: readonly string[]
  from: string
  to: string
}

/** `computed`: code makes the value, and is not guessed at. */
export type Edited = { kind: 'edited'; text: string } | { kind: 'computed'; why: string }

/** Replaces string literals of an inventory's source; every byte outside them stays as it is. */
export function editInventory(source: string, edits: readonly LiteralEdit[]): Edited {
  let file: File
  try {
    file = parse(source, { sourceType: 'module', plugins: ['typescript'] })
  } catch (error) {
    return { kind: 'computed', why: `the file is not plain TypeScript: ${(error as Error).message}` }
  }
  const found: { literal: StringLiteral; to: string }[] = []
  for (const edit of edits) {
    const literal = literalAt(file, edit)
    if ('why' in literal) return { kind: 'computed', why: literal.why }
    found.push({ literal: literal.found, to: edit.to })
  }
  // From the end on, so that earlier offsets stay right.
  const text = found
    .toSorted((a, b) => startOf(b.literal) - startOf(a.literal))
    .reduce((before, { literal, to }) => splice(before, literal, to), source)
  return { kind: 'edited', text }
}

type Found<T> = { found: T } | { why: string }

function literalAt(file: File, { path, from }: LiteralEdit): Found<StringLiteral> {
  let at: Found<Expression> = exported(file)
  for (const [index, key] of path.entries()) {
    if ('why' in at) return at
    at = propertyOf(file, at.found, key, path.slice(0, index + 1).join('.'))
  }
  if ('why' in at) return at
  const name = path.join('.')
  if (at.found.type !== 'StringLiteral') return { why: `${name} is computed, not written as a string` }
  if (at.found.value !== from) return { why: `${name} is written as '${at.found.value}', not as '${from}'` }
  return { found: at.found }
}

function exported(file: File): Found<Expression> {
  const statement = file.program.body.find((each) => each.type === 'ExportDefaultDeclaration')
  if (statement === undefined) return { why: 'the file has no export default' }
  const { declaration } = statement
  if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration')
    return { why: 'a function makes the inventory' }
  return declaration.type === 'TSDeclareFunction' ? { why: 'a function makes the inventory' } : { found: declaration }
}

function propertyOf(file: File, expression: Expression, key: string, name: string): Found<Expression> {
  const object = objectOf(file, expression)
  if (object === undefined) return { why: `what holds ${name} is computed` }
  const at = object.properties.findLastIndex((each) => each.type === 'ObjectProperty' && keyOf(each) === key)
  // What is spread after it would win.
  if (object.properties.slice(at + 1).some(({ type }) => type === 'SpreadElement'))
    return { why: `${name} may come from what is spread into the object` }
  const property = object.properties[at]
  if (property?.type !== 'ObjectProperty') return { why: `${name} is not written there` }
  return { found: property.value as Expression }
}

/** Through `defineInventory(…)`, `as const`, `satisfies`, and the name of a constant of the same file. */
function objectOf(file: File, expression: Expression): ObjectExpression | undefined {
  switch (expression.type) {
    case 'ObjectExpression':
      return expression
    case 'CallExpression': {
      const [argument] = expression.arguments
      const isPlain = expression.callee.type === 'Identifier' && expression.callee.name === 'defineInventory'
      return isPlain && argument !== undefined ? objectOf(file, argument as Expression) : undefined
    }
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'ParenthesizedExpression':
      return objectOf(file, expression.expression)
    case 'Identifier': {
      const value = constantOf(file, expression.name)
      return value === undefined ? undefined : objectOf(file, value)
    }
    default:
      return undefined
  }
}

function constantOf(file: File, name: string): Expression | undefined {
  const declarations = file.program.body.flatMap((each) =>
    each.type === 'VariableDeclaration' && each.kind === 'const' ? each.declarations : [],
  )
  const found = declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
  return found?.init ?? undefined
}

function keyOf({ key, computed }: ObjectProperty): string | undefined {
  if (key.type === 'StringLiteral') return key.value
  return key.type === 'Identifier' && !computed ? key.name : undefined
}

/** In the quotes that stand there. */
function splice(source: string, literal: StringLiteral, to: string): string {
  const quote = source[startOf(literal)] ?? "'"
  const escaped = to.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
  return source.slice(0, startOf(literal)) + quote + escaped + quote + source.slice(literal.end ?? undefined)
}

function startOf({ start }: StringLiteral): number {
  return start ?? 0
}
