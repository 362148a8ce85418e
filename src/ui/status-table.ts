import type { ClusterStatus, Health, MemberStatus } from '../status/model.ts'
import type { Colors } from './colors.ts'
import { table, type Cell, type Column } from './table.ts'
import { cleanLine, widthOf } from './text.ts'
import { bytesText } from './units.ts'

interface MemberColumn extends Column {
  cell(member: MemberStatus, colors: Colors): Cell
}

/** A row for each member; where the terminal is too narrow for ids in it, they stand below; else one member after the other. */
export function statusTable({ members }: ClusterStatus, { colors, columns }: Shown): string {
  const render = (chosen: readonly MemberColumn[], maxWidth: number): string => {
    const rows = members.map((member) => chosen.map(({ cell }) => cell(member, colors)))
    return table(chosen, rows, { colors, maxWidth })
  }
  const narrow = render(
    allColumns.filter(({ title }) => title !== 'ID'),
    Infinity,
  )
  if (widest(render(allColumns, Infinity)) <= columns || widest(narrow) > columns) return render(allColumns, columns)
  const ids = members.flatMap(({ name, id }) => (id === null ? [] : [`${cleanLine(name)} ${id}`]))
  return `${narrow}\n${colors.dim(`ids: ${ids.join(', ')}`)}`
}

export interface Shown {
  colors: Colors
  /** Of the terminal. */
  columns: number
}

const none = '–'

const allColumns: readonly MemberColumn[] = [
  { title: 'MEMBER', cell: ({ name }, colors) => ({ text: name, style: colors.bold }) },
  { title: 'ID', cell: ({ id }) => id ?? none },
  { title: 'ROLE', cell: ({ role }) => role ?? none },
  { title: 'HEALTH', cell: ({ health }, colors) => ({ text: health, style: styleOf(health, colors) }) },
  { title: 'ETCD', cell: ({ version }) => version ?? none },
  { title: 'DB USED', align: 'right', cell: ({ db }) => (db === null ? none : usedText(db)) },
  { title: 'QUOTA', align: 'right', cell: ({ db }, colors) => quotaCell(db, colors) },
  { title: 'LAG', align: 'right', cell: ({ raft }) => (raft === null || raft.lag === null ? none : String(raft.lag)) },
  { title: 'LINKS', align: 'right', cell: linksCell },
  { title: 'UP', align: 'right', cell: ({ upSeconds }) => (upSeconds === null ? none : upText(upSeconds)) },
  { title: 'CERTS', align: 'right', cell: certificatesCell },
]

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => widthOf(line)))
}

function styleOf(health: Health, colors: Colors): (text: string) => string {
  if (health === 'healthy') return colors.green
  return health === 'starting' ? colors.yellow : colors.red
}

/** `20.5/25.0 KiB`: in use, of the file's size. */
function usedText({ sizeBytes, inUseBytes }: NonNullable<MemberStatus['db']>): string {
  const whole = bytesText(sizeBytes)
  if (inUseBytes === null) return whole
  const [used = '', unit = ''] = bytesText(inUseBytes).split(' ')
  return whole.endsWith(` ${unit}`) ? `${used}/${whole}` : `${used} ${unit}/${whole}`
}

/** The file's size, which is what etcd compares with the quota. */
function quotaCell(db: MemberStatus['db'], colors: Colors): Cell {
  if (db === null || db.quotaBytes === null) return none
  const share = (db.sizeBytes / db.quotaBytes) * 100
  const text = `${share < 9.95 ? share.toFixed(1) : Math.round(share)}%`
  return { text, style: share >= 80 ? colors.red : (plain) => plain }
}

function linksCell(member: MemberStatus, colors: Colors): Cell {
  const { links } = member
  if (links === null) return runs(member) ? 'not seen' : none
  if (links.length === 0) return none
  const up = links.filter((link) => link.up).length
  return { text: `${up}/${links.length}`, style: up === links.length ? (plain) => plain : colors.red }
}

/** The days of the one that ends first. */
function certificatesCell(member: MemberStatus, colors: Colors): Cell {
  const { certificates } = member
  if (certificates.length === 0) return none
  const served = certificates.filter(({ seen }) => seen === 'served')
  if (served.length === 0) return runs(member) ? 'not seen' : none
  const least = Math.min(...served.map(({ daysLeft }) => daysLeft ?? 0))
  const isDue = served.some(({ due }) => due)
  return { text: `${least}d`, style: least < 0 ? colors.red : isDue ? colors.yellow : (plain) => plain }
}

function runs({ health }: MemberStatus): boolean {
  return health === 'healthy' || health === 'alarm' || health === 'unhealthy'
}

/** `45s`, `12m`, `5h`, `3d`: how long, not how exactly. */
function upText(seconds: number): string {
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 2 * 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}
