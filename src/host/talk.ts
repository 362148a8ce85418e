import type { Ending, Process } from './process.ts'
import type { Attempt } from './failures.ts'
import type { RunOptions } from './host.ts'
import type { Shell } from './shell.ts'
import { connectionLost, endedEarly, marksBroken } from './failures.ts'
import { EndlessMark, frameParser } from './frames.ts'
import { limit } from './limit.ts'
import { write } from './process.ts'
import { tail } from './tail.ts'

const stderrLimitBytes = 64 * 1024
const preambleLimitBytes = 4 * 1024

/** A script that was sent to a shell, and what is heard from it. */
export interface Talk {
  /** Resolves at its mark `done`; rejects once that can't come any more: killed, lost, late, aborted. */
  done: Promise<void>
  ended: Promise<Ending>
  stderr(): string
  send: (bytes: Uint8Array) => Promise<boolean>
  fail: (error: unknown) => void
  close: () => void
}

export interface Listener {
  data: (bytes: Buffer) => void
  mark: (words: string[], talk: Talk) => void
}

export async function talk(
  shell: Shell,
  options: Pick<RunOptions, 'what' | 'signal' | 'timeoutMs'>,
  script: Buffer,
  nonce: string,
  listener: Listener,
): Promise<Talk> {
  const attempt: Attempt = { host: shell.host, target: shell.target, what: options.what }
  const errors = tail(stderrLimitBytes)
  const preamble = tail(preambleLimitBytes)
  const doneLine = `${nonce} done\n`
  const stderr = (): string => errors.text().replace(doneLine, '')
  const bounds = limit(attempt, options, stderr)
  const { signal, progress, settle } = bounds
  let begun = false
  let marked = false
  let failed = false
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  done.catch(() => {})
  const finish = (): void => {
    // stdout and stderr are two streams: the last words on stderr may come after the mark on stdout
    if (!marked || !errors.text().includes(doneLine)) return
    settle()
    resolve()
  }

  let process: Process
  try {
    shell.cost.commands++
    process = await orAborted(shell.launch(attempt, bounds), signal)
  } catch (error) {
    settle()
    throw signal.aborted ? signal.reason : error
  }
  const heard: Talk = {
    done,
    ended: process.ended,
    stderr,
    send: async (bytes) => {
      shell.cost.bytesSent += bytes.length
      const taken = await write(process, bytes)
      progress()
      return taken
    },
    fail: (error) => {
      failed = true
      settle()
      process.kill()
      reject(error)
    },
    close: () => process.close(),
  }
  const parse = frameParser(nonce, {
    data: (bytes) => (begun ? listener.data(bytes) : preamble.add(bytes)),
    mark: (words) => {
      if (words[0] === 'begin') begun = true
      else if (words[0] === 'done') marked = true
      else listener.mark(words, heard)
      finish()
    },
  })
  process.stdout.on('data', (chunk: Buffer) => {
    shell.cost.bytesReceived += chunk.length
    if (failed) return
    try {
      parse(chunk)
    } catch (error) {
      heard.fail(error instanceof EndlessMark ? marksBroken(attempt) : error)
    }
  })
  process.stderr.on('data', (chunk: Buffer) => {
    shell.cost.bytesReceived += chunk.length
    errors.add(chunk)
    finish()
  })
  // Waiting for sudo has paused them
  process.stdout.resume()
  process.stderr.resume()
  void process.ended.then((ending) => {
    if (ending.kind === 'lost') heard.fail(connectionLost(attempt, ending.error, stderr()))
    else if (!begun) heard.fail(shell.refusal(attempt, ending, preamble.text(), stderr()))
    else if (marked) resolve()
    else heard.fail(endedEarly(attempt, ending, stderr()))
  })
  if (signal.aborted) heard.fail(signal.reason)
  else signal.addEventListener('abort', () => heard.fail(signal.reason), { once: true })
  void heard.send(script)
  return heard
}

/** A connection that hangs may never answer: whoever waits for it is told of the abort at once. */
export async function orAborted(launching: Promise<Process>, signal: AbortSignal): Promise<Process> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  if (signal.aborted) reject(signal.reason)
  launching.then(
    (process) => signal.aborted && process.kill(),
    () => {},
  )
  return Promise.race([launching, promise])
}
