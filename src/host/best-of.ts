/**
 * Which of several attempts to go on with: of those that succeed, the first in order that does so within `graceMs` after the quickest.
 * undefined: all have failed.
 */
export async function bestOf(attempts: readonly Promise<unknown>[], graceMs: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const succeeded: (boolean | undefined)[] = attempts.map(() => undefined)
  let grace: NodeJS.Timeout | undefined
  const decide = (isOver: boolean): void => {
    const best = succeeded.indexOf(true)
    if (best === -1) {
      if (!succeeded.includes(undefined)) resolve(undefined)
    } else if (isOver || !succeeded.slice(0, best).includes(undefined)) resolve(best)
    else grace ??= setTimeout(() => decide(true), graceMs)
  }
  for (const [index, attempt] of attempts.entries()) {
    const settle = (success: boolean): void => {
      succeeded[index] = success
      decide(false)
    }
    attempt.then(
      () => settle(true),
      () => settle(false),
    )
  }
  try {
    return await promise
  } finally {
    clearTimeout(grace)
  }
}
