import type { FilePut, Script } from './host.ts'
import { prelude } from './prelude.ts'
import { quote } from './quote.ts'
import { sentBytes } from './upload.ts'

/** The text that runs the blocks one after the other and prints a mark around each. */
export function composeBlocks(blocks: readonly Script[], afterFailure: 'stop' | 'continue'): string {
  return blocks.map((block, index) => composeBlock(block, index, afterFailure)).join('\n')
}

/**
 * A whole script, as its length line and its bytes. The braces: a script that was cut off on its way is a syntax error
 * then, of which nothing runs.
 */
export function composeScript(nonce: string, body: string): Buffer {
  const text = Buffer.from(`{\ned_nonce=${quote(nonce)}\n${prelude}\nexec 3<&0 </dev/null\n${body}\n}`)
  return Buffer.concat([Buffer.from(`${text.length}\n`), text])
}

/** What a command of one round trip does. */
export function composeRun(blocks: readonly Script[], afterFailure: 'stop' | 'continue', guard = ''): string {
  return `ed_mark begin\n${guard}\n${composeBlocks(blocks, afterFailure)}\ned_done`
}

// eval: a syntax error ends this block's subshell alone. No `||` after the subshell: it would switch its `set -e` off.
function composeBlock(block: Script, index: number, afterFailure: 'stop' | 'continue'): string {
  const install = (block.files ?? []).map(fileWords).join(' ')
  return [
    `ed_mark block ${index}`,
    `( set -eu; install_files() { ${install === '' ? ':' : `ed_install ${index} ${install}`}; }`,
    `set -- ${(block.args ?? []).map(quote).join(' ')}`,
    `eval ${quote(block.text)} )`,
    `ed_code=$?`,
    `ed_mark end ${index} "$ed_code"`,
    afterFailure === 'stop' ? `[ "$ed_code" -eq 0 ] || { ed_done; exit 0; }` : ':',
  ].join('\n')
}

function fileWords(file: FilePut): string {
  if (!/^\/[^\n]*[^\n/]$/.test(file.path)) throw new TypeError(`not the absolute path of a file: ${file.path}`)
  const compressed = file.content.kind === 'file' && file.content.gzip !== undefined
  const mode = file.mode.toString(8).padStart(4, '0')
  const size = `${sentBytes(file)}${compressed ? 'z' : ''}`
  return [file.path, file.owner, file.group, mode, size, sumsOf(file)].map(quote).join(' ')
}

/** The second is a fifth of the first one's work, where the host has b2sum. */
function sumsOf({ content }: FilePut): string {
  if (content.kind === 'bytes' || content.blake2b === undefined) return content.sha256
  return `${content.sha256}/${content.blake2b}`
}
