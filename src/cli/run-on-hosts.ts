import { DeployError, exitCode, together } from '../errors.ts'
import { streamAll, type HostOutcome } from '../engine/stream-all.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import { loadColors, wantsColors, type Colors } from '../ui/colors.ts'
import { wordError } from '../ui/errors.ts'
import { hostEvent, hostLines, linesForPeople, linesForPrograms } from '../ui/host-lines.ts'
import { outcomeLines } from '../ui/host-outcomes.ts'
import { countText } from '../ui/units.ts'
import type { OnHosts } from './on-hosts.ts'
import { answerFailure } from './tell-failure.ts'

/** One command on all of them, told as it goes on. Answers the worst exit code; a host that could not be asked counts as 1. */
export async function runOnHosts(
  { cluster, connections, signal, write }: OnHosts,
  words: readonly string[],
  { what, json }: { what: string; json: boolean },
): Promise<number> {
  const hosts = [...connections.keys()]
  const colors = { stdout: await colorsOf('stdout'), stderr: await colorsOf('stderr') }
  const lines = hostLines({ hosts, write, form: json ? linesForPrograms() : linesForPeople(hosts, colors) })
  const outcomes = await streamAll(connections, words, {
    what,
    signal,
    timeoutMs: commandTimeout(cluster),
    onOutput: lines.add,
    onEnd(host, outcome) {
      lines.end(host)
      if (json && outcome.kind === 'exit')
        void write('stdout', hostEvent({ type: 'exit', host, exitCode: outcome.code }, new Date()))
    },
  })
  const code = worst([...outcomes.values()])
  if (!json) tell(outcomes, colors.stderr, write)
  else {
    for (const outcome of outcomes.values()) if (outcome.kind === 'failed') await answerFailure(outcome.error)
    void write('stdout', hostEvent({ type: 'end', exitCode: code }, new Date()))
  }
  return code
}

function tell(outcomes: ReadonlyMap<string, HostOutcome>, colors: Colors, write: OnHosts['write']): void {
  const errors = [...outcomes.values()].flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.error] : []))
  const foreseen = errors.filter((error) => error instanceof DeployError)
  const others = errors.filter((error) => !(error instanceof DeployError))
  const all = `${errors.length} of ${countText(outcomes.size, 'host')} did not answer`
  const texts = [
    ...outcomeLines(outcomes, colors),
    ...(foreseen.length === 0 ? [] : [wordError(together(foreseen, all), colors)]),
    ...others.map((error) => wordError(error, colors)),
  ]
  for (const text of texts) void write('stderr', `${text}\n`)
}

function worst(outcomes: readonly HostOutcome[]): number {
  const codes = outcomes.map((outcome): number => {
    if (outcome.kind === 'exit') return outcome.code
    return outcome.kind === 'failed' ? exitCode.failed : exitCode.interrupted
  })
  return Math.max(exitCode.done, ...codes)
}

function colorsOf(stream: 'stdout' | 'stderr'): Promise<Colors> {
  return loadColors(wantsColors(process[stream].isTTY, process.env))
}
