import { parse } from '@babel/parser'
import type { Expression, File } from '@babel/types'
import type { Path } from './schema-keys.ts'

/** The line of an inventory's source on which a place in it is written, or where code makes it, what holds it; undefined: not in this file. */
export function linesOf(source: string): (path: Path) => number | undefined {
  let file: File
  try {
    file = parse(source, { sourceType: 'module', plugins: ['typescript'] })
  } catch {
    return () => undefined
  }
  return (path) => {
    let value = exported(file)
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

function exported(file: File): Expression | undefined {
  const declaration = file.program.body.find((each) => each.type === 'ExportDefaultDeclaration')?.declaration
  switch (declaration?.type) {
    case undefined:
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'TSDeclareFunction':
      return undefined
    default:
      return declaration
  }
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
    } else if (each.type === 'ObjectProperty' && nameOf(each) === String(key)) {
      return { line: each.loc?.start.line, value: each.value as Expression }
    }
  }
  return undefined
}

/** Through `defineInventory(…)`, `as const`, `satisfies`, and the name of a constant of the same file. */
function literalOf(file: File, expression: Expression): Expression | undefined {
  switch (expression.type) {
    case 'ObjectExpression':
    case 'ArrayExpression':
      return expression
    case 'CallExpression': {
      const [argument] = expression.arguments
      const isPlain = expression.callee.type === 'Identifier' && expression.callee.name === 'defineInventory'
      return isPlain && argument !== undefined ? literalOf(file, argument as Expression) : undefined
    }
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return literalOf(file, expression.expression)
    case 'Identifier': {
      const value = constantOf(file, expression.name)
      return value === undefined ? undefined : literalOf(file, value)
    }
    default:
      return undefined
  }
}

function constantOf(file: File, name: string): Expression | undefined {
  const declarations = file.program.body.flatMap((each) => {
    const statement = each.type === 'ExportNamedDeclaration' ? each.declaration : each
    return statement?.type === 'VariableDeclaration' && statement.kind === 'const' ? statement.declarations : []
  })
  return declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)?.init ?? undefined
}

function nameOf({ key, computed }: { key: { type: string }; computed: boolean }): string | undefined {
  if (key.type === 'StringLiteral' || key.type === 'NumericLiteral') return String((key as { value?: unknown }).value)
  return key.type === 'Identifier' && !computed ? (key as { name?: string }).name : undefined
}
