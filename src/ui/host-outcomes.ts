import type { Colors } from './colors.ts'
import { cleanLine } from './text.ts'

type Outcome = { kind: 'exit'; code: number } | { kind: 'interrupted'; ended: boolean } | { kind: 'failed' }

/** Where a command did not end well: the same exit code of several hosts on one line. */
export function outcomeLines(outcomes: ReadonlyMap<string, Outcome>, colors: Colors): string[] {
  const codes = Map.groupBy(
    [...outcomes].flatMap(([host, outcome]) => (outcome.kind === 'exit' ? [{ host, code: outcome.code }] : [])),
    ({ code }) => code,
  )
  const unsure = [...outcomes].filter(([, outcome]) => outcome.kind === 'interrupted' && !outcome.ended)
  const names = (hosts: readonly string[]): string => colors.bold(cleanLine(hosts.join(', ')))
  return [
    ...[...codes]
      .filter(([code]) => code !== 0)
      .toSorted(([a], [b]) => a - b)
      .map(([code, same]) => `${colors.red('✖')} ${names(same.map(({ host }) => host))}: exit code ${code}`),
    ...(unsure.length === 0
      ? []
      : [
          `${colors.yellow('!')} ${names(unsure.map(([host]) => host))}: interrupted, but no answer came: it may still run there`,
        ]),
  ]
}
