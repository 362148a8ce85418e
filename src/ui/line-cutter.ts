import { StringDecoder } from 'node:string_decoder'

/** Cuts bytes into lines as they come; keeps no more than one line's beginning. */
export interface LineCutter {
  add(bytes: Uint8Array): string[]
  /** What stands behind the last end of line. */
  end(): string[]
}

const longestLine = 16 * 1024

/** A line ends at `\n`, `\r\n` or, as progress does that rewrites itself, at `\r`; one without an end is broken into several. */
export function lineCutter(): LineCutter {
  const decoder = new StringDecoder('utf8')
  let begun = ''
  let afterReturn = false

  function cut(text: string): string[] {
    const from = afterReturn && text.startsWith('\n') ? text.slice(1) : text
    if (text !== '') afterReturn = text.endsWith('\r')
    const lines = (begun + from).split(/\r\n|\n|\r/)
    begun = lines.pop() ?? ''
    const pieces = lines.flatMap((line) => (line.length > longestLine ? inPieces(line) : line))
    if (begun.length <= longestLine) return pieces
    const more = inPieces(begun)
    begun = more.pop() ?? ''
    return [...pieces, ...more]
  }

  return {
    add: (bytes) => cut(decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))),
    end() {
      const lines = cut(decoder.end())
      const last = begun
      begun = ''
      return last === '' ? lines : [...lines, last]
    },
  }
}

/** Never between the halves of a surrogate pair. */
function inPieces(line: string): string[] {
  return line.match(pieces) ?? []
}

const pieces = new RegExp(`[^]{1,${longestLine}}`, 'gu')
