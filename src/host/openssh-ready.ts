import { readyLine } from './command.ts'
import type { Attempt } from './failures.ts'
import { connectionLost } from './failures.ts'
import type { Process } from './process.ts'
import type { Shell } from './shell.ts'
import { tail } from './tail.ts'

const saidLimitBytes = 4 * 1024

/** Resolves when the shell reads a script; a session that was never opened is known as such by then. */
export async function untilReady(
  process: Process,
  token: string,
  attempt: Attempt,
  refusal: Shell['refusal'],
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const [stdout, stderr] = [tail(saidLimitBytes), tail(saidLimitBytes)]
  const onStdout = (chunk: Buffer): void => {
    stdout.add(chunk)
    if (stdout.text().includes(readyLine(token))) resolve()
  }
  const onStderr = (chunk: Buffer): void => stderr.add(chunk)
  const onAbort = (): void => reject(signal.reason)
  process.stdout.on('data', onStdout)
  process.stderr.on('data', onStderr)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  void process.ended.then((ending) =>
    reject(
      ending.kind === 'lost'
        ? connectionLost(attempt, ending.error, stderr.text())
        : refusal(attempt, ending, stdout.text(), stderr.text()),
    ),
  )
  try {
    await promise
  } catch (error) {
    process.kill()
    throw error
  } finally {
    process.stdout.pause().off('data', onStdout)
    process.stderr.pause().off('data', onStderr)
    signal.removeEventListener('abort', onAbort)
  }
}
