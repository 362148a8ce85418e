import type { Colors } from './colors.ts'
import { diffLines } from './diff.ts'
import { cleanLine } from './text.ts'

type PlannedWave = readonly PlannedChange[]

interface PlannedChange {
  host: string
  what: string
  why: string
  diff?: string
  takesDown?: string
}

/** What `up` would do, as people read it. */
export function planText(waves: readonly PlannedWave[], colors: Colors): string {
  if (waves.length === 0) return `${colors.green('✔')} Nothing to change: the hosts are as the inventory says.`
  const lines = waves.flatMap((wave, index) => [
    colors.bold(`Wave ${index + 1}`),
    ...wave.flatMap((change) => [
      `  ${colors.cyan(change.host)}: ${cleanLine(change.what)}${change.takesDown === undefined ? '' : colors.yellow(` (restarts ${change.takesDown})`)}`,
      `    ${colors.dim(cleanLine(change.why))}`,
      ...(change.diff === undefined ? [] : diffLines(change.diff, colors).map((line) => `    ${line}`)),
    ]),
  ])
  const restarts = waves.flat().flatMap((change) => change.takesDown ?? [])
  const ending =
    restarts.length === 0 ? 'No member restarts.' : `Members that restart, in this order: ${restarts.join(', ')}.`
  return [...lines, ending].join('\n')
}

/** The same for programs. */
export function planJson(cluster: string, waves: readonly PlannedWave[]): object {
  const told = waves.map((wave) =>
    wave.map(({ host, what, why, diff, takesDown }) => ({ host, what, why, diff, takesDown })),
  )
  return { v: 1, type: 'plan', cluster, waves: told }
}
