import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { bestOf } from '../../../src/host/best-of.ts'

const graceMs = 300

/** `after 10: fails`; never: neither succeeds nor fails. */
async function attempt(text: string): Promise<void> {
  const [, ms, fails] = /^(?:after (\d+))?(: fails)?$/.exec(text.replace('never', '')) ?? []
  if (ms === undefined) return new Promise(() => {})
  await sleep(Number(ms))
  if (fails !== undefined) throw new Error('failed')
}

it.each([
  [['after 0'], 0, 'at once'],
  [['after 0', 'never'], 0, 'at once'],
  [['after 100', 'after 0'], 0, 'within the grace'],
  [['after 0: fails', 'after 10'], 1, 'at once'],
  [['after 100: fails', 'after 0'], 1, 'within the grace'],
  [['never', 'after 0'], 1, 'after the grace'],
  [['after 2000', 'after 0'], 1, 'after the grace'],
  [['never', 'after 100', 'after 0'], 1, 'after the grace'],
  [['after 20: fails', 'after 0: fails'], undefined, 'at once'],
  [['after 20: fails', 'after 0: fails', 'after 60'], 2, 'at once'],
])('of %j number %s is taken, %s', async (texts, expected, when) => {
  const begunMs = performance.now()
  expect(await bestOf(texts.map(attempt), graceMs)).toBe(expected)
  const tookMs = performance.now() - begunMs
  if (when === 'after the grace') expect(tookMs).toBeGreaterThanOrEqual(graceMs - 5)
  else expect(tookMs).toBeLessThan(graceMs)
})
