import { beforeEach, expect, test } from 'vitest'

import type { RunEvent } from '../../../src/engine/events.ts'
import { noColors } from '../../../src/ui/colors.ts'
import { jsonLine } from '../../../src/ui/json.ts'
import { plainRenderer } from '../../../src/ui/plain.ts'
import { Secret } from '../../../src/secret.ts'

let nowMs = 0
let text = ''
beforeEach(() => {
  nowMs = Date.parse('2026-03-01T12:00:00.500Z')
  text = ''
})

function play(events: RunEvent[], verbose = false): string[] {
  const renderer = plainRenderer((line) => (text += line), { colors: noColors, verbose, now: () => nowMs })
  for (const event of events) renderer.emit(event)
  return text.split('\n').slice(0, -1)
}

const begin = { type: 'run-begin' as const, command: 'up', cluster: 'prod', version: '3.6.16', nodes: ['node1'] }
const summary = {
  durationMs: 1000,
  changed: [],
  restarted: [],
  unchanged: ['node1'],
  unreachable: [],
  commands: {},
  bytesSent: {},
}

test('every event is one dated line', () => {
  const change = { id: 'c1', host: 'node1', what: 'write unit' }
  const lines = play([
    begin,
    { type: 'change-begin', ...change, why: 'differs', takesDown: 'node1' },
    { type: 'change-end', ...change, outcome: 'failed', durationMs: 1200, error: { message: 'disk\nfull\u001b[2J' } },
    {
      type: 'observe-end',
      hosts: [
        { host: 'node1', reached: true, durationMs: 1 },
        { host: 'node2', reached: false, durationMs: 1 },
      ],
    },
    { type: 'warning', host: 'node1', message: 'clock is ahead', next: ['Start chrony.'] },
  ])
  expect(lines).toEqual([
    '2026-03-01T12:00:00Z up prod: etcd 3.6.16, 1 host: node1',
    '2026-03-01T12:00:00Z node1: write unit (differs), takes node1 down meanwhile',
    '2026-03-01T12:00:00Z node1: write unit: failed after 1.2 s: disk full',
    '2026-03-01T12:00:00Z read 1 host, not reached: node2',
    '2026-03-01T12:00:00Z warning: node1: clock is ahead. Start chrony.',
  ])
})

test('bytes are told every ten seconds, states whenever they are new', () => {
  const renderer = plainRenderer((line) => (text += line.replace(/^\S+ /, '')), {
    colors: noColors,
    verbose: false,
    now: () => nowMs,
  })
  const bytes = (done: number) =>
    renderer.emit({ type: 'progress', id: 'd', host: '', what: 'Download', done, total: 22 * 2 ** 20, unit: 'bytes' })
  const state = (value: string) =>
    renderer.emit({ type: 'progress', id: 's', host: 'node1', what: 'start etcd', state: value })
  for (let second = 0; second < 21; second += 1) {
    bytes(second * 2 ** 20)
    state(second < 5 ? 'starting' : 'healthy')
    nowMs += 1000
  }
  expect(text.split('\n')).toEqual([
    'node1: start etcd: starting',
    'node1: start etcd: healthy',
    'Download: 10.0 of 22.0 MiB',
    'Download: 20.0 of 22.0 MiB',
    '',
  ])
})

test('a state in which numbers alone go on is told every ten seconds', () => {
  const renderer = plainRenderer((line) => (text += line.replace(/^\S+ /, '')), {
    colors: noColors,
    verbose: false,
    now: () => nowMs,
  })
  const event = { type: 'progress', id: 'p', host: 'node1', what: 'make node4 a voter' } as const
  for (let second = 0; second < 25; second += 1) {
    renderer.emit({ ...event, state: `catching up: ${second * 100} of 5000 entries (${second * 2} %)` })
    nowMs += 1000
  }
  expect(text.split('\n')).toEqual([
    'node1: make node4 a voter: catching up: 0 of 5000 entries (0 %)',
    'node1: make node4 a voter: catching up: 1000 of 5000 entries (20 %)',
    'node1: make node4 a voter: catching up: 2000 of 5000 entries (40 %)',
    '',
  ])
})

test('a diff stands below its change', () => {
  const lines = play([
    { type: 'change-begin', id: 'c', host: 'node1', what: 'write etcd.env', why: 'differs', diff: '-a\n+b\n' },
  ])
  expect(lines.slice(1)).toEqual(['  -a', '  +b'])
})

test('commands are told to those who want them', () => {
  const command: RunEvent = { type: 'command', host: 'node1', what: 'read the host', durationMs: 310, code: 2 }
  expect(play([command])).toEqual([])
  expect(play([command], true)[0]).toContain('node1: ran "read the host" in 0.3 s, exit status 2')
})

test('a run ends with its summary, unless it only looked', () => {
  const end: RunEvent = { type: 'run-end', exitCode: 0, summary }
  expect(play([begin, end]).at(-2)).toContain('Nothing to change')
  text = ''
  expect(play([{ ...begin, command: 'status' }, end])).toHaveLength(1)
})

test('JSON lines carry version, time and the event; a secret that strays in is redacted', () => {
  const stray = { ...begin, password: new Secret('hunter2') }
  const line = jsonLine(stray, new Date(nowMs))
  expect(line.endsWith('\n')).toBe(true)
  expect(JSON.parse(line)).toEqual({ v: 1, time: '2026-03-01T12:00:00.500Z', ...begin, password: '[redacted]' })
})
