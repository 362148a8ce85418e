import type { Attempt } from './failures.ts'
import { deadlinePassed, interrupted } from './failures.ts'
import type { RunOptions } from './host.ts'

/** What ends a command from here: its deadline, which progress of an upload moves on, or an abort. */
export interface Limit {
  signal: AbortSignal
  progress: () => void
  /** The deadline begins anew behind it. */
  whileWaiting: <T>(wait: () => Promise<T>) => Promise<T>
  /** The command has ended by itself. */
  settle: () => void
}

export function limit(
  attempt: Attempt,
  options: Pick<RunOptions, 'signal' | 'timeoutMs'>,
  stderr: () => string,
): Limit {
  const stop = new AbortController()
  let settled = false
  const start = (): NodeJS.Timeout =>
    setTimeout(() => stop.abort(deadlinePassed(attempt, options.timeoutMs, stderr())), options.timeoutMs)
  let timer = start()
  const abort = (): void => stop.abort(interrupted(attempt, options.signal.reason))
  if (options.signal.aborted) abort()
  else options.signal.addEventListener('abort', abort, { once: true })
  return {
    signal: stop.signal,
    progress: () => {
      if (!settled) timer.refresh()
    },
    async whileWaiting(wait) {
      clearTimeout(timer)
      try {
        return await wait()
      } finally {
        if (!settled) timer = start()
      }
    },
    settle: () => {
      settled = true
      clearTimeout(timer)
      options.signal.removeEventListener('abort', abort)
    },
  }
}
