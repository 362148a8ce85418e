import type { RunSummary } from '../engine/events.ts'
import { exitCode } from '../errors.ts'
import type { Colors } from './colors.ts'
import { cleanLine } from './text.ts'
import { countText, durationText } from './units.ts'

/** The last lines of a run: what it came to. */
export function summaryLines(code: number, summary: RunSummary, colors: Colors): string[] {
  const { changed, restarted, unchanged, unreachable, durationMs } = summary
  const time = durationText(durationMs)
  const facts = [
    hosts('changed', changed),
    hosts('restarted', restarted),
    hosts('unchanged', unchanged),
    hosts('unreachable', unreachable),
  ].filter((fact) => fact !== undefined)
  return [heading(code, changed.length, time, colors), ...facts.map((fact) => `  ${colors.dim(fact)}`)]
}

function heading(code: number, changed: number, time: string, colors: Colors): string {
  if (code === exitCode.interrupted) return `${colors.yellow('◼')} ${colors.bold('Interrupted')} after ${time}.`
  if (code === exitCode.refused) return `${colors.red('✖')} ${colors.bold('Refused')} after ${time}`
  if (code === exitCode.differs) return `${colors.yellow('±')} ${colors.bold('Differences found')} in ${time}`
  if (code !== exitCode.done) return `${colors.red('✖')} ${colors.bold('Failed')} after ${time}`
  if (changed === 0) return `${colors.green('✔')} ${colors.bold('Nothing to change')}, seen in ${time}`
  return `${colors.green('✔')} ${colors.bold('Done')} in ${time}`
}

function hosts(what: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  return cleanLine(`${countText(names.length, 'host')} ${what}: ${names.join(', ')}`, 200)
}
