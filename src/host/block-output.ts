import { StringDecoder } from 'node:string_decoder'
import type { RunOptions, RunResult } from './host.ts'

export const stdoutLimitBytes = 16 * 2 ** 20

/** Gathers what each block prints and how it ended. */
export interface BlockOutput {
  results: RunResult['blocks']
  begin: (index: number) => void
  data: (bytes: Buffer) => void
  end: (index: number, code: number) => void
}

export function blockOutput(
  options: Pick<RunOptions, 'onBlock' | 'onLine' | 'stdoutTo'>,
  blocks: number,
  overflow: () => Error,
): BlockOutput {
  const results: RunResult['blocks'] = []
  let index = -1
  let decoder = new StringDecoder('utf8')
  let parts: string[] = []
  let line = ''
  let totalBytes = 0

  const text = (decoded: string): void => {
    parts.push(decoded)
    if (options.onLine === undefined) return
    const lines = (line + decoded).split('\n')
    line = lines.pop() ?? ''
    for (const whole of lines) options.onLine(index, whole)
  }
  return {
    results,
    begin(next) {
      // Each once and in order, whatever the host says
      if (next !== results.length || next >= blocks) return
      index = next
      decoder = new StringDecoder('utf8')
      parts = []
      line = ''
      options.onBlock?.(index, 'begin')
    },
    data(bytes) {
      // Between blocks only a process that a block left behind can print
      if (index === -1) return
      if (options.stdoutTo !== undefined) return options.stdoutTo(bytes)
      totalBytes += bytes.length
      if (totalBytes > stdoutLimitBytes) throw overflow()
      text(decoder.write(bytes))
    },
    end(ended, code) {
      if (ended !== index || index === -1) return
      text(decoder.end())
      if (line !== '') options.onLine?.(ended, line)
      results.push({ code, stdout: parts.join('') })
      index = -1
      options.onBlock?.(ended, 'end', code)
    },
  }
}
