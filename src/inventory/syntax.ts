import { parse } from '@babel/parser'
import type { Expression, File, Node, ObjectExpression } from '@babel/types'

export function syntaxOf(source: string): { file: File } | { why: string } {
  try {
    return { file: parse(source, { sourceType: 'module', plugins: ['typescript'] }) }
  } catch (error) {
    return { why: `the file is not plain TypeScript: ${(error as Error).message}` }
  }
}

/** What the file makes the inventory of. */
export function exported({ program }: File): { found: Expression } | { why: string } {
  const statement = program.body.find((each) => each.type === 'ExportDefaultDeclaration')
  if (statement === undefined) return { why: 'the file has no export default' }
  const { declaration } = statement
  const isMade = ['FunctionDeclaration', 'ClassDeclaration', 'TSDeclareFunction'].includes(declaration.type)
  return isMade ? { why: 'a function makes the inventory' } : { found: declaration as Expression }
}

/** What stands within `defineInventory(…)`, `as const`, `satisfies`: they change nothing of it. */
export function unwrapped(expression: Expression): Expression {
  switch (expression.type) {
    case 'CallExpression': {
      const [argument] = expression.arguments
      const isOurs = expression.callee.type === 'Identifier' && expression.callee.name === 'defineInventory'
      return isOurs && argument !== undefined ? unwrapped(argument as Expression) : expression
    }
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
      return unwrapped(expression.expression)
    default:
      return expression
  }
}

export interface Constant {
  value: Expression
  /** Other files may use it too. */
  isExported: boolean
}

/** What a name of the file's top level always stands for. */
export function constantOf({ program }: File, name: string): Constant | undefined {
  for (const statement of program.body) {
    const isExported = statement.type === 'ExportNamedDeclaration'
    const declaration = isExported ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') continue
    const found = declaration.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    if (found?.init) return { value: found.init, isExported }
  }
  return undefined
}

export type Member = ObjectExpression['properties'][number]

/** undefined: code makes the key. */
export function keyOf({ key, computed }: Exclude<Member, { type: 'SpreadElement' }>): string | undefined {
  if (key.type === 'StringLiteral' || key.type === 'NumericLiteral') return String(key.value)
  return key.type === 'Identifier' && !computed ? key.name : undefined
}

/** The module that a name is imported from. */
export function importedFrom({ program }: File, name: string): string | undefined {
  const statement = program.body.find(
    (each) => each.type === 'ImportDeclaration' && each.specifiers.some(({ local }) => local.name === name),
  )
  return statement?.type === 'ImportDeclaration' ? statement.source.value : undefined
}

/** How often a constant's name is used besides its declaration; what merely is called the same counts too, where it is hard to tell. */
export function usesOf(file: File, name: string): number {
  return nodesIn(file).filter((node) => node.type === 'Identifier' && node.name === name).length - 1
}

/** Every node, without the names of properties: in `a.ip` and `{ ip: 1 }` nothing is used that is called `ip`. */
export function nodesIn(node: Node): Node[] {
  const isComputed = 'computed' in node && node.computed
  const inner = Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    if (/comments$/i.test(key) || (!isComputed && (key === 'key' || key === 'property'))) return []
    return [value].flat().filter(isNode).flatMap(nodesIn)
  })
  return [node, ...inner]
}

export function lineOf({ loc }: Node): string {
  return `line ${loc?.start.line}`
}

/** Offsets in the source. */
export function span({ start, end }: Pick<Node, 'start' | 'end'>): { start: number; end: number } {
  return { start: start ?? 0, end: end ?? 0 }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
