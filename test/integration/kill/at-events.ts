import { expect } from 'vitest'
import type { Run } from '../../instruments/run-cli.ts'
import { seededRandom, seededSample, testSeed } from '../../instruments/seeded.ts'

export const seed = testSeed()
const full = process.env['FULL'] === '1'
const only = process.env['EVENTS']

/** So many of the events, the first and the last among them; with FULL all; with EVENTS=12,13 those, to look into one. */
export function sample(events: number, what: string, count = 3): number[] {
  if (only !== undefined) return only.split(',').map(Number)
  if (full) return Array.from({ length: events }, (_, at) => at + 1)
  return seededSample(events, count, seed, (line) => console.log(`${what}: killed at ${line}`))
}

/** All of them, whatever becomes of one: each failure is told with its event. */
export async function atEach(events: number[], kill: (killAt: number) => Promise<void>): Promise<void> {
  const failures: string[] = []
  for (const at of events) {
    const begun = performance.now()
    await kill(at).catch((error: Error) => failures.push(`event ${at}: ${error.message}`))
    console.log(`event ${at}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  }
  expect(failures, failures.join('\n\n')).toEqual([])
}

/** What a run said, without what it says most of. */
export function told({ events, stderr }: Run): string {
  const all = events.filter(({ type }) => type !== 'progress' && type !== 'command')
  return [...all.map((event) => JSON.stringify(event)), stderr].join('\n')
}

/** Some between; one that is killed at its first or last event is seen in the sample of `up`. */
export function picked(events: number, what: string, count: number): number[] {
  if (full || only !== undefined) return sample(events, what)
  const random = seededRandom(seed)
  const chosen = Array.from({ length: count }, () => 2 + Math.floor(random() * (events - 2)))
  console.log(`${what}: killed at ${chosen.join(', ')} of ${events}; again with SEED=${seed}`)
  return chosen
}

export function ending({ code, signal, events }: Run): string {
  return `${code ?? signal} at ${JSON.stringify(events.findLast(({ type }) => type !== 'progress' && type !== 'command'))}`
}
