import type { Expression, File, MemberExpression, Node } from '@babel/types'
import type { Path } from './schema-keys.ts'
import { constantOf, exported, keyOf, nodesIn, syntaxOf, unwrapped } from './syntax.ts'

/** Where in an inventory's source a place in it is written, or where code makes it, what holds it; undefined: not in this file. */
export function spotsOf(source: string): (path: Path) => Spot | undefined {
  const syntax = syntaxOf(source)
  if ('why' in syntax) return () => undefined
  const { file } = syntax
  const top = exported(file)
  return (path) => {
    let value = 'found' in top ? top.found : undefined
    let line: number | undefined
    for (const key of path) {
      const entry = value === undefined ? undefined : entryOf(file, value, key)
      if (entry === undefined) return line === undefined ? undefined : { line, variables: [] }
      line = entry.line ?? line
      value = entry.value
    }
    return line === undefined || value === undefined ? undefined : { line, variables: variablesIn(file, value) }
  }
}

/** The line alone. */
export function linesOf(source: string): (path: Path) => number | undefined {
  const spotOf = spotsOf(source)
  return (path) => spotOf(path)?.line
}

interface Spot {
  line: number
  /** Of the environment, that make the value. */
  variables: string[]
}

/** `process.env.SITE`, also through constants of the file. */
function variablesIn(file: File, expression: Expression, passed: readonly string[] = []): string[] {
  const found = nodesIn(expression).flatMap((node) => {
    if (node.type === 'Identifier' && !passed.includes(node.name)) {
      const constant = constantOf(file, node.name)
      return constant === undefined ? [] : variablesIn(file, constant.value, [...passed, node.name])
    }
    return node.type === 'MemberExpression' && isEnvironment(node.object) ? (propertyOf(node) ?? []) : []
  })
  return [...new Set(found)]
}

function isEnvironment(node: Node): boolean {
  if (node.type !== 'MemberExpression' || propertyOf(node) !== 'env') return false
  return node.object.type === 'Identifier' && node.object.name === 'process'
}

function propertyOf({ property, computed }: MemberExpression): string | undefined {
  if (property.type === 'StringLiteral') return property.value
  return property.type === 'Identifier' && !computed ? property.name : undefined
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
