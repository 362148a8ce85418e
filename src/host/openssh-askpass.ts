import { chmod, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { quote } from './quote.ts'

/** What ssh asks a person: an answer, or only his attention, as for the touch of a key, until it has it. */
export interface Question {
  kind: 'answer' | 'notice'
  text: string
  /** ssh waits no more. */
  over: Promise<unknown>
}

/** undefined: there is no answer. */
export type AnswerQuestion = (question: Question) => Promise<string | undefined>

export interface Askpass {
  env: Record<string, string>
  close(): void
}

/**
 * The program that ssh has its questions asked by (SSH_ASKPASS). It hands them to us over a socket in the private folder, so that no answer is
 * ever in an argument or in an environment.
 */
export async function askpass(folder: string, answer: AnswerQuestion): Promise<Askpass> {
  const [socket, script, program] = ['asked', 'ask.mjs', 'askpass'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(script, asker(socket), { mode: 0o600 })
  await writeFile(program, `#!/bin/sh\nexec env NODE_OPTIONS= ${quote(process.execPath)} ${quote(script)} "$@"\n`)
  await chmod(program, 0o700)
  const server = createServer((connection) => void serve(connection, answer))
  server.listen(socket)
  await once(server, 'listening')
  server.unref()
  return {
    // Before 8.4 ssh had it asked only where there is a display and no terminal
    env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: process.env['DISPLAY'] ?? ':0' },
    close: () => void server.close(),
  }
}

async function serve(connection: Socket, answer: AnswerQuestion): Promise<void> {
  connection.on('error', () => {})
  const over = once(connection, 'close').catch(() => {})
  const lines = createInterface({ input: connection })
  lines.on('error', () => {})
  lines.once('line', (line) => {
    const { text, kind } = JSON.parse(line) as Pick<Question, 'kind' | 'text'>
    answer({ text, kind, over }).then(
      (said) => connection.end(said === undefined ? '' : JSON.stringify(said)),
      () => connection.destroy(),
    )
  })
}

const asker = (socket: string): string => `import { connect } from 'node:net'
const socket = connect(${JSON.stringify(socket)})
let said = ''
const kind = process.env.SSH_ASKPASS_PROMPT === 'none' ? 'notice' : 'answer'
socket.setEncoding('utf8')
socket.on('data', (text) => (said += text))
socket.on('error', () => process.exit(1))
socket.on('end', () => {
  if (said === '') process.exit(1)
  process.stdout.write(JSON.parse(said) + '\\n')
})
socket.write(JSON.stringify({ text: process.argv[2] ?? '', kind }) + '\\n')
`
