import { expect, test } from 'vitest'
import type { RunEvent } from '../../../src/engine/events.ts'
import { jsonRenderer } from '../../../src/ui/json.ts'

const upload = { type: 'progress', id: 'c1', host: 'node1', what: 'push etcd', total: 1000, unit: 'bytes' } as const

test('bytes are told ten times a second for each upload, and when the last has gone', async () => {
  let nowMs = 0
  const told: { id: string; done: number }[] = []
  const { emit } = jsonRenderer(
    (line) => told.push(JSON.parse(line) as (typeof told)[number]),
    () => nowMs,
  )
  for (let done = 0; done < 1000; done += 10, nowMs += 10) for (const id of ['c1', 'c2']) emit({ ...upload, id, done })
  emit({ ...upload, done: 1000 })
  const ofFirst = told.filter(({ id }) => id === 'c1').map(({ done }) => done)
  expect(ofFirst).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
  expect(told).toHaveLength(10 + 11)
})

test('every state of a member is told', () => {
  const lines: string[] = []
  const { emit } = jsonRenderer(
    (line) => lines.push(line),
    () => 0,
  )
  const state: RunEvent = { type: 'progress', id: 'c1', host: 'node1', what: 'start the member', state: 'starting' }
  emit(state)
  emit({ ...state, state: 'healthy' })
  expect(lines).toHaveLength(2)
})
