import type { RunEvent } from '../../engine/events.ts'
import type { Colors } from '../colors.ts'
import { diffLines } from '../diff.ts'
import { asksForChanges } from '../phrases.ts'
import type { Renderer } from '../renderer.ts'
import { summaryLines } from '../summary.ts'
import { cleanLine } from '../text.ts'
import { countText } from '../units.ts'
import { startLive, type Live } from './live.ts'
import { isEmpty, newBlock, type Block } from './block.ts'
import { tell } from './story.ts'
import { view } from './view.ts'

export interface Terminal {
  /** Where the view goes: stderr. */
  stream: NodeJS.WriteStream
  /** The other one that may be the same terminal: stdout. */
  other: NodeJS.WriteStream
  colors: Colors
}

/** A calm live view: the stage at hand moves, what is over stays above it in a line or two. */
export function terminalRenderer({ stream, other, colors }: Terminal): Renderer {
  let block = newBlock(Date.now())
  let live: Live | undefined
  let command = ''
  let isOver = false
  const diffsShown = new Set<string>()
  // Events come as they come; the terminal changes hands in their order.
  let turn: Promise<unknown> = Promise.resolve()

  function picture(of: Block, isLast: boolean): string[] {
    return view(of, { columns: stream.columns, rows: stream.rows, nowMs: Date.now(), colors, isLast })
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(async () => {
      await live?.stop()
      live = undefined
      const done = await work()
      if (!isOver) live = startLive(stream, other, () => picture(block, false))
      return done
    })
    turn = result.catch(() => {})
    return result
  }

  /** Above the view, for good. */
  function print(lines: string[]): void {
    if (lines.length === 0) return
    void inTurn(() => Promise.resolve(stream.write(`${lines.join('\n')}\n`)))
  }

  function finishBlock(next: Block): void {
    const finished = block
    block = next
    if (!isEmpty(finished)) print(picture(finished, true))
  }

  function onEvent(event: RunEvent): void {
    const nowMs = Date.now()
    switch (event.type) {
      case 'run-begin':
        command = event.command
        return print(asksForChanges(command) ? [heading(event, colors), ''] : [])
      case 'stage-begin':
        return finishBlock(newBlock(nowMs, event.stage))
      case 'stage-end':
        tell(block, event, nowMs)
        return finishBlock(newBlock(nowMs))
      case 'run-end':
        isOver = true
        finishBlock(newBlock(nowMs))
        return print(asksForChanges(command) ? ['', ...summaryLines(event.exitCode, event.summary, colors)] : [])
      case 'change-begin':
        tell(block, event, nowMs)
        if (event.diff === undefined || diffsShown.has(event.diff)) return
        // The same change of every host is shown once.
        diffsShown.add(event.diff)
        return print([
          `${colors.bold(cleanLine(event.host))} ${cleanLine(event.what)}`,
          ...diffLines(event.diff, colors, 60),
          '',
        ])
      case 'note':
        if (event.diff === undefined) return tell(block, event, nowMs)
        return print([cleanLine(event.message), ...diffLines(event.diff, colors, 60), ''])
      default:
        tell(block, event, nowMs)
    }
  }

  return {
    emit: onEvent,
    aside: (work) => inTurn(work),
    async close() {
      isOver = true
      finishBlock(newBlock(Date.now()))
      await inTurn(() => Promise.resolve())
    },
  }
}

function heading(event: Extract<RunEvent, { type: 'run-begin' }>, colors: Colors): string {
  const facts = [event.cluster, `etcd ${event.version}`, countText(event.nodes.length, 'host')]
  return `${colors.bold(`etcd-deploy ${cleanLine(event.command)}`)}  ${colors.dim(cleanLine(facts.join(' · ')))}`
}
