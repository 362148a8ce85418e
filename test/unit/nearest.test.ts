import { expect, test } from 'vitest'
import { nearest } from '../../src/nearest.ts'

const words = ['quota-backend-bytes', 'heartbeat-interval', 'election-timeout', 'name', 'logger', 'log-level']

test.each([
  ['quota-backend-byte', 'quota-backend-bytes'],
  ['qouta-backend-bytes', 'quota-backend-bytes'],
  ['Heartbeat-Interval', 'heartbeat-interval'],
  ['heartbeatinterval', 'heartbeat-interval'],
  ['nmae', 'name'],
  ['loger', 'logger'],
])('%s → %s', (typed, meant) => {
  expect(nearest(typed, words)).toBe(meant)
})

test.each(['x', 'colour', 'something-else-entirely', ''])('%j is like none of them', (typed) => {
  expect(nearest(typed, words)).toBeUndefined()
})

test('the closest wins, whatever the order', () => {
  expect(nearest('log-leve', ['logger', 'log-level', 'log-lever'])).toBe('log-level')
  expect(nearest('log-levex', ['logger', 'log-level'].toReversed())).toBe('log-level')
})

test('a swap of neighbours is one slip, not two', () => {
  expect(nearest('cleint', ['client', 'clever'])).toBe('client')
})
