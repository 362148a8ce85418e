import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from 'listr2'

import { widthOf } from '../text.ts'

export interface Live {
  /** Takes the picture away; the terminal is then free to be written to. */
  stop(): Promise<void>
}

/**
 * Draws `draw()` again and again in one place. listr2 owns the terminal meanwhile: the cursor, the redrawing, the beat, and whatever
 * else writes to the streams; only the picture is ours.
 */
export function startLive(stream: NodeJS.WriteStream, other: NodeJS.WriteStream, draw: () => string[]): Live {
  let drawn: string[] = []
  let endNow = () => {}
  let free = () => {}
  const stopped = new Promise<void>((resolve) => (free = resolve))

  class Picture extends DefaultRenderer {
    // listr2 looks at stdout, which may be a file while stderr, where we draw, is a terminal.
    static override nonTTY = true

    override async render(): Promise<void> {
      await super.render()
      endNow = () => this.end()
    }

    override create(): string {
      drawn = draw()
      return drawn.join('\n')
    }
  }

  // Where stdout is no terminal it carries data, which is nobody's to hold back.
  const output = new ProcessOutput(stream, other.isTTY ? other : stream, { leaveEmptyLine: false })
  const running = new Listr([{ task: () => stopped }], {
    renderer: Picture,
    rendererOptions: { clearOutput: true, logger: new ListrLogger({ processOutput: output }) },
    registerSignalListeners: false,
  }).run()

  // process.exit, and what nobody caught: the cursor comes back.
  const onExit = () => endNow()
  const onResize = () => output.stream.stdout.write(roomAfterReflow(drawn, stream.columns))
  process.once('exit', onExit)
  stream.on('resize', onResize)
  return {
    async stop() {
      free()
      await running
      process.off('exit', onExit)
      stream.off('resize', onResize)
    },
  }
}

/**
 * A narrower terminal has broken our lines in two, of which the next redraw would not know. This clears them all and leaves the cursor
 * as far below their beginning as that redraw will go up.
 */
function roomAfterReflow(lines: readonly string[], columns: number): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
  if (rows <= lines.length) return ''
  return `\u001b[${rows}A\r\u001b[J${'\n'.repeat(lines.length)}`
}
