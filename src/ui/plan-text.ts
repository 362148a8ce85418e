import type { Colors } from './colors.ts'
import { cleanLine } from './text.ts'
import { tellOnce } from './told-once.ts'

type PlannedWave = readonly PlannedChange[]

interface PlannedChange {
  host: string
  what: string
  why: string
  diff?: string
  takesDown?: string
}

/** What `up` would do, as people read it; `inPki`: what it would make on this machine before. */
export function planText(inPki: readonly string[], waves: readonly PlannedWave[], colors: Colors): string {
  if (waves.length + inPki.length === 0)
    return `${colors.green('✔')} Nothing to change: the hosts are as the inventory says.`
  const tellDiffs = tellOnce(colors)
  const here = inPki.length === 0 ? [] : [colors.bold('On this machine, in pki/'), `  ${inPki.join(', ')}`]
  const lines = waves.flatMap((wave, index) => [
    colors.bold(`Wave ${index + 1}`),
    ...alike(wave).flatMap((same) => [...heading(same, colors), ...tellDiffs(same).map((line) => `    ${line}`)]),
  ])
  const restarts = waves.flat().flatMap((change) => change.takesDown ?? [])
  const ending =
    restarts.length === 0 ? 'No member restarts.' : `Members that restart, in this order: ${restarts.join(', ')}.`
  return [...here, ...lines, ending].join('\n')
}

/** The same change of several hosts. */
function alike(wave: PlannedWave): PlannedChange[][] {
  const groups = Map.groupBy(wave, ({ what, why, takesDown }) => JSON.stringify([what, why, takesDown]))
  return [...groups.values()]
}

function heading(same: readonly PlannedChange[], colors: Colors): string[] {
  const [first] = same
  if (first === undefined) return []
  const { what, why, takesDown } = first
  const hosts = same.map(({ host }) => colors.cyan(cleanLine(host))).join(', ')
  const restarts = takesDown === undefined ? '' : colors.yellow(` (restarts ${takesDown})`)
  return [`  ${hosts}: ${cleanLine(what)}${restarts}`, `    ${colors.dim(cleanLine(why))}`]
}

/** The same for programs. */
export function planJson(cluster: string, inPki: readonly string[], waves: readonly PlannedWave[]): object {
  const told = waves.map((wave) =>
    wave.map(({ host, what, why, diff, takesDown }) => ({ host, what, why, diff, takesDown })),
  )
  return { v: 1, type: 'plan', cluster, pki: inPki, waves: told }
}
