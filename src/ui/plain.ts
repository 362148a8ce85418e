import type { RunEvent } from '../engine/events.ts'
import type { Colors } from './colors.ts'
import { diffLines } from './diff.ts'
import { asksForChanges, phraseOf } from './phrases.ts'
import type { Renderer } from './renderer.ts'
import { summaryLines } from './summary.ts'
import { cleanLine } from './text.ts'

type Progress = Extract<RunEvent, { type: 'progress' }>

const numbersEveryMs = 10_000

/** For logs and pipes: a dated line for each event, never rewritten. */
export function plainRenderer(
  write: (text: string) => void,
  options: { colors: Colors; verbose: boolean; now?: () => number },
): Renderer {
  const { colors, verbose, now = Date.now } = options
  const lastTold = new Map<string, { atMs: number; state: string | undefined }>()
  let command = ''

  function say(text: string): void {
    const time = new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z')
    write(`${colors.dim(time)} ${text}\n`)
  }

  /** A new state is always told; bytes, and a state in which numbers alone go on, from time to time. */
  function isNews({ id, state }: Progress): boolean {
    const last = lastTold.get(id) ?? { atMs: now(), state: undefined }
    const hasNewWords = state !== undefined && wordsIn(state) !== wordsIn(last.state ?? '')
    const goesOn = state === undefined || state !== last.state
    const due = hasNewWords || (goesOn && now() - last.atMs >= numbersEveryMs)
    if (due || !lastTold.has(id)) lastTold.set(id, { atMs: now(), state })
    return due
  }

  return {
    emit(event) {
      if (event.type === 'run-begin') command = event.command
      if (event.type === 'run-end') {
        if (asksForChanges(command)) for (const line of summaryLines(event.exitCode, event.summary, colors)) say(line)
        return
      }
      if (event.type === 'progress' && !isNews(event)) return
      if (event.type === 'command' && !verbose) return
      const phrase = phraseOf(event)
      if (phrase === undefined) return
      say(colored(event, cleanLine(phrase), colors))
      if ((event.type === 'change-begin' || event.type === 'note') && event.diff !== undefined)
        write(
          `${diffLines(event.diff, colors, 200)
            .map((line) => `  ${line}`)
            .join('\n')}\n`,
        )
    },
    aside: (work) => work(),
    close: () => Promise.resolve(),
  }
}

function wordsIn(state: string): string {
  return state.replaceAll(/\d+/g, '')
}

function colored(event: RunEvent, phrase: string, colors: Colors): string {
  if (event.type === 'warning') return colors.yellow(phrase)
  if ('outcome' in event && event.outcome === 'failed') return colors.red(phrase)
  if (event.type === 'command' || event.type === 'progress') return colors.dim(phrase)
  if (event.type === 'stage-begin') return colors.bold(phrase)
  return phrase
}
