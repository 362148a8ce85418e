import type { Colors } from './colors.ts'
import { table, type Cell } from './table.ts'
import { cleanLine } from './text.ts'
import { countText, durationText } from './units.ts'

interface Explained {
  path: readonly string[]
  value: Value | readonly Value[]
  from: Origin
}

type Value = string | number | boolean | null

type Origin =
  | { kind: 'inventory' | 'node'; at: string; line?: number; variables?: string[] }
  | { kind: 'environment'; of: string; unless?: string }
  | { kind: 'default'; unless?: string }

/** The resolved inventory as people read it: what is for the cluster, what is alike on every node, what is a node's own. */
export function inventoryText(
  { name, version, file, nodes }: { name: string; version: string; file: string; nodes: readonly string[] },
  all: readonly Explained[],
  { colors, columns }: { colors: Colors; columns: number },
): string {
  const shared = all.filter((each) => nodes.length > 1 && isAlike(each, all, nodes))
  const section = (title: string, rows: readonly Explained[], below: number): string =>
    rows.length === 0 ? '' : [colors.bold(cleanLine(title)), tableOf(rows, below, file, colors, columns)].join('\n')
  const sections = [
    `${colors.bold(cleanLine(name))} on etcd ${cleanLine(version)}, ${countText(nodes.length, 'member')}: ${cleanLine(file)}`,
    section('the cluster', of(all), 0),
    section(
      'every node',
      shared.filter(({ path }) => path[1] === nodes[0]),
      2,
    ),
    ...nodes.map((node) =>
      section(
        node,
        of(all, node).filter((each) => !shared.includes(each)),
        2,
      ),
    ),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}

/** The same for programs. */
export function inventoryJson(
  { name, file, warnings }: { name: string; file: string; warnings: readonly string[] },
  all: readonly Explained[],
): object {
  return { v: 1, type: 'inventory', cluster: name, file, warnings, values: all }
}

function of(all: readonly Explained[], node?: string): Explained[] {
  return all.filter(({ path }) => (path[0] === 'nodes' ? path[1] : undefined) === node)
}

/** Said for all nodes, or for none. */
function isAlike({ path, value, from }: Explained, all: readonly Explained[], nodes: readonly string[]): boolean {
  if (path[0] !== 'nodes') return false
  const wanted = JSON.stringify([path.slice(2), value, from])
  return nodes.every((node) =>
    of(all, node).some((other) => JSON.stringify([other.path.slice(2), other.value, other.from]) === wanted),
  )
}

function tableOf(rows: readonly Explained[], below: number, file: string, colors: Colors, columns: number): string {
  const cells = rows.map((each): Cell[] => [
    each.path.slice(below).join('.'),
    valueText(each),
    { text: originText(each, file.replace(/^.*\//, '')), style: colors.dim },
  ])
  return table([{ title: 'key' }, { title: 'value' }, { title: 'from' }], cells, { colors, maxWidth: columns })
}

function valueText({ path, value }: Explained): string {
  if (path.includes('timeouts') && typeof value === 'number') return durationText(value)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ')
  if (value === false) return path.at(-1) === 'sudo' ? 'no' : 'none'
  if (value === true) return 'yes'
  return value === null ? 'not set' : String(value)
}

function originText({ path, from }: Explained, file: string): string {
  if (from.kind === 'environment' || from.kind === 'default') {
    const otherwise = from.unless === undefined ? '' : `, unless ${from.unless} has it`
    return `${from.kind === 'environment' ? `environment: ${from.of}` : 'default'}${otherwise}`
  }
  const line = from.line === undefined ? file : `${file}:${from.line}`
  const isThere = [path, path.slice(2)].some((each) => from.at === each.join('.'))
  const elsewhere = isThere ? '' : `, ${from.at}`
  const own = from.kind === 'node' ? ", the node's own" : ''
  const read = from.variables === undefined ? '' : `, environment: ${from.variables.join(', ')}`
  return `${line}${own}${elsewhere}${read}`
}
