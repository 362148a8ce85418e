import { seededRandom } from '../../instruments/seeded.ts'
import { coveringRows, sampleOfValues, type Row } from './pairwise.ts'

/** What `up` must cope with, in every pair of values. */
export const factors = {
  members: ['1', '3', '5', '7'],
  etcd: ['3.3', '3.4', '3.5', '3.6', '3.7'],
  tls: ['mutual', 'server', 'off'],
  login: ['root', 'deploy', 'ops'],
  reach: ['direct', 'bastion', 'no-forwarding'],
  network: ['IPv4', 'IPv6'],
  paths: ['default', 'own'],
  auth: ['auth-off', 'auth-on'],
} as const

export type Values = Row<typeof factors>

export interface Cell {
  /** All its values: what a failure is reported under, and what `vitest -t` takes. */
  name: string
  values: Values
}

/** The lab has five plain hosts: seven members need also the one that forbids forwarding and the one behind the bastion. */
function possible({ members, reach }: Partial<Values>): boolean {
  return !(members === '7' && reach === 'direct')
}

const rows = coveringRows(factors, possible, seededRandom(1))

/** The same cells in every run, so that a name means the same in each report. */
export const allCells: readonly Cell[] = rows.map(named)

/** Every value at least once; etcd's auth also where `up` can work with it. */
export function sampledCells(seed: number): Cell[] {
  const random = seededRandom(seed)
  const sample = sampleOfValues(rows, random)
  const withAuth = rows.filter(({ auth, tls }) => auth === 'auth-on' && tls === 'mutual')
  const one = sample.find((row) => withAuth.includes(row)) ?? withAuth[Math.floor(random() * withAuth.length)]
  return rows.filter((row) => sample.includes(row) || row === one).map(named)
}

function named(values: Values): Cell {
  const { members, etcd, tls, login, reach, network, paths, auth } = values
  return {
    values,
    name: [`${members} x etcd ${etcd}`, tls, login, reach, network, `${paths} paths`, auth].join(', '),
  }
}
