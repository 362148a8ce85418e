import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectionLost, endedEarly, type Attempt } from './failures.ts'
import type { OutputStream, StreamEnd, StreamOptions } from './host.ts'
import { limit } from './limit.ts'
import { write, type Process } from './process.ts'
import type { Shell } from './shell.ts'
import { commandOutput, type CommandOutput } from './stream-output.ts'
import { composeStream } from './stream-script.ts'
import { orAborted } from './talk.ts'

/** Longer than the host takes to end by force what does not go willingly. */
const endingMs = 5000
/** After its end; a connection may be slow. */
const quietMs = 2000

/** See `Host.stream`. */
export async function streamCommand(
  shell: Shell,
  words: readonly string[],
  options: StreamOptions,
): Promise<StreamEnd> {
  const startedMs = performance.now()
  let code: number | undefined
  try {
    const end = await run(shell, words, options)
    if (end.kind === 'exit') code = end.code
    return end
  } finally {
    shell.onCommand?.({ host: shell.host, what: options.what, durationMs: performance.now() - startedMs, code })
  }
}

async function run(shell: Shell, words: readonly string[], options: StreamOptions): Promise<StreamEnd> {
  const attempt: Attempt = { host: shell.host, target: shell.target, what: options.what }
  const nonce = randomBytes(16).toString('hex')
  const script = composeStream(nonce, words)
  const starting = limit(attempt, options, () => '')
  let process: Process | undefined
  try {
    shell.cost.commands++
    process = await orAborted(shell.launch(attempt, starting), starting.signal)
    const [stdout, stderr] = outputs(shell, process, nonce, options)
    shell.cost.bytesSent += script.length
    void write(process, script)
    const gone = afterEnd(shell, attempt, process, stdout, stderr)
    gone.catch(() => {})
    // Not of stderr: both share the channel's window, which stdout may have filled already
    await Promise.race([stdout.begun, gone, abortOf(starting.signal)])
    starting.settle()
    const done = Promise.all([stdout.done, stderr.done]).then(([code]): StreamEnd => ({
      kind: 'exit',
      code: Number(code),
    }))
    const end = await Promise.race([done, gone, abortOf(options.signal).catch(() => undefined)])
    if (end !== undefined) return end
    for (const output of [stdout, stderr]) output.discard()
    return { kind: 'interrupted', ended: await endNow(process, done) }
  } catch (error) {
    process?.kill()
    throw starting.signal.aborted ? starting.signal.reason : error
  } finally {
    starting.settle()
    process?.close()
  }
}

function outputs(
  shell: Shell,
  process: Process,
  nonce: string,
  { onOutput }: StreamOptions,
): [CommandOutput, CommandOutput] {
  const of = (stream: OutputStream): CommandOutput =>
    commandOutput(
      process[stream],
      nonce,
      (bytes) => onOutput(stream, bytes),
      (bytes) => void (shell.cost.bytesReceived += bytes),
    )
  return [of('stdout'), of('stderr')]
}

/** Settles once the last marks can't come any more; without that of stdout, whose exit code nobody knows, it rejects. */
async function afterEnd(
  shell: Shell,
  attempt: Attempt,
  process: Process,
  stdout: CommandOutput,
  stderr: CommandOutput,
): Promise<StreamEnd> {
  const ending = await process.ended
  // What it printed last may still be on its way, or wait for a reader who takes his time
  const isOver = Promise.all([stdout.ended, stderr.ended]).then(() => true)
  while (stdout.busy() || stderr.busy()) if (await Promise.race([isOver, sleep(quietMs, false)])) break
  if (ending.kind === 'lost') throw connectionLost(attempt, ending.error, stderr.before())
  const said = stdout.said()
  if (said !== undefined) return { kind: 'exit', code: Number(said) }
  throw stdout.hasBegun()
    ? endedEarly(attempt, ending, stderr.before())
    : shell.refusal(attempt, ending, stdout.before(), stderr.before())
}

function abortOf(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  if (signal.aborted) reject(signal.reason)
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

/** Whether it is gone for certain. */
async function endNow(process: Process, done: Promise<unknown>): Promise<boolean> {
  void write(process, Buffer.from('q'))
  const patience = new AbortController()
  const late = sleep(endingMs, false, { signal: patience.signal }).catch(() => false)
  const ended = await Promise.race([done.then(() => true), process.ended.then(({ kind }) => kind !== 'lost'), late])
  patience.abort()
  return ended
}
