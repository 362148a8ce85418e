/** A time limit that stands still while a person is asked something. */
export interface Deadline {
  signal: AbortSignal
  whileAsking<T>(ask: () => Promise<T>): Promise<T>
  clear(): void
}

export function deadline(timeoutMs: number, expired: () => Error): Deadline {
  const controller = new AbortController()
  let leftMs = timeoutMs
  let startedMs = performance.now()
  const expire = (): void => controller.abort(expired())
  let timer = setTimeout(expire, leftMs)
  return {
    signal: controller.signal,
    async whileAsking(ask) {
      clearTimeout(timer)
      leftMs -= performance.now() - startedMs
      try {
        return await ask()
      } finally {
        startedMs = performance.now()
        timer = setTimeout(expire, leftMs)
      }
    },
    clear: () => clearTimeout(timer),
  }
}
