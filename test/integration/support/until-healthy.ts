import { setTimeout as sleep } from 'node:timers/promises'

/** What fails meanwhile is told only where it goes on failing. */
export async function untilHealthy(isHealthy: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const last = await isHealthy().catch((error: unknown) => error)
    if (last === true) return
    if (Date.now() > deadline) throw new Error('not healthy within 30 s', { cause: last })
    await sleep(200)
  }
}
