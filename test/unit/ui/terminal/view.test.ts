import { beforeEach, describe, expect, test } from 'vitest'

import type { RunEvent } from '../../../../src/engine/events.ts'
import { noColors } from '../../../../src/ui/colors.ts'
import { widthOf } from '../../../../src/ui/text.ts'
import { newBlock, type Block } from '../../../../src/ui/terminal/block.ts'
import type { Screen } from '../../../../src/ui/terminal/row.ts'
import { tell } from '../../../../src/ui/terminal/story.ts'
import { view } from '../../../../src/ui/terminal/view.ts'

const MiB = 2 ** 20
const nodes = ['node1', 'node2', 'node3']
let block: Block
let nowMs: number
beforeEach(() => {
  nowMs = 0
  block = newBlock(nowMs)
})

function at(ms: number, ...events: RunEvent[]): void {
  nowMs = ms
  for (const event of events) tell(block, event, nowMs)
}

function seen(screen: Partial<Screen> = {}): string[] {
  return view(block, { columns: 81, rows: 24, nowMs, colors: noColors, isLast: false, ...screen })
}

/** Lines without the space that only sets the right edge. */
function texts(screen: Partial<Screen> = {}): string[] {
  return seen(screen).map((line) => line.replace(/(\S) {3,}/g, '$1 | '))
}

const wave = (number: number, what: string[], hosts = nodes): RunEvent => ({
  type: 'wave',
  number,
  changes: hosts.flatMap((host) => what.map((each) => ({ id: `${each}@${host}`, host, what: each, why: 'differs' }))),
})
const begin = (host: string, what: string): RunEvent => ({
  type: 'change-begin',
  id: `${what}@${host}`,
  host,
  what,
  why: 'differs',
})
const end = (host: string, what: string, error?: string): RunEvent => ({
  type: 'change-end',
  id: `${what}@${host}`,
  host,
  what,
  durationMs: 0,
  ...(error === undefined ? { outcome: 'done' } : { outcome: 'failed', error: { message: error } }),
})
const progress = (host: string, what: string, more: object): RunEvent => ({
  type: 'progress',
  id: `${what}@${host}`,
  host,
  what,
  ...more,
})
const read = (...lost: string[]): RunEvent => ({
  type: 'observe-end',
  hosts: nodes.map((host) => ({ host, reached: !lost.includes(host), durationMs: 300 })),
})

describe('outside of stages', () => {
  test('the first look at the hosts stays, later ones leave nothing', () => {
    at(0, { type: 'observe-begin', hosts: nodes })
    expect(texts()).toEqual(['⠋ Reading the hosts  node1, node2, node3'])
    at(900, read())
    expect(texts()).toEqual(['✔ Hosts read  node1, node2, node3 | 0.9 s'])
    at(1000, { type: 'observe-begin', hosts: nodes })
    expect(seen()).toHaveLength(2)
    at(1300, read())
    expect(seen()).toHaveLength(1)
  })

  test('hosts that were not reached stay named', () => {
    at(0, { type: 'observe-begin', hosts: nodes })
    at(900, read('node2', 'node3'))
    expect(texts()).toEqual(['✖ Hosts read  not reached: node2, node3 | 0.9 s'])
  })

  test('a download shows bytes and the time that is left', () => {
    at(0, { type: 'task-begin', id: 'd', what: 'Download etcd' })
    at(100, { type: 'progress', id: 'd', host: '', what: 'Download etcd', done: 0, total: 20 * MiB, unit: 'bytes' })
    at(2100, {
      type: 'progress',
      id: 'd',
      host: '',
      what: 'Download etcd',
      done: 5 * MiB,
      total: 20 * MiB,
      unit: 'bytes',
    })
    // A quarter took two seconds; three quarters are left.
    expect(texts()).toEqual(['⠙ Download etcd  ━━━━━─────────────── | 5.0 of 20.0 MiB, 6 s left'])
    at(8100, { type: 'task-end', id: 'd', what: 'Download etcd', outcome: 'done', durationMs: 8100 })
    expect(texts()).toEqual(['✔ Download etcd  20.0 MiB | 8.1 s'])
  })

  test('warnings stand below, whole, with what to do', () => {
    const message =
      'the clock of this host is ahead of the others by more than a second and certificates may not be valid yet'
    at(0, { type: 'warning', host: 'node2', message, next: ['Start chrony.'] })
    at(0, { type: 'task-begin', id: 'p', what: 'Make certificates' })
    expect(texts()).toEqual([
      '⠋ Make certificates',
      '⚠ node2: the clock of this host is ahead of the others by more than a second and',
      '  certificates may not be valid yet',
      '  Start chrony.',
    ])
  })
})

describe('in a stage', () => {
  beforeEach(() => {
    block = newBlock(0, 'Start')
  })

  test('a row for each host shows the change at hand and its state', () => {
    at(0, wave(1, ['write unit', 'start etcd']), begin('node1', 'write unit'), begin('node2', 'write unit'))
    at(500, end('node1', 'write unit'), begin('node1', 'start etcd'))
    at(1000, progress('node1', 'start etcd', { state: 'waiting for peers' }))
    expect(texts()).toEqual([
      '⠋ Start',
      '  ⠋ node1  start etcd  waiting for peers',
      '  ⠋ node2  write unit',
      '  · node3  write unit, start etcd',
    ])
    at(1500, progress('node1', 'start etcd', { state: 'healthy' }), end('node1', 'start etcd'))
    expect(texts()[1]).toBe('  ✔ node1  write unit, start etcd  healthy | 1.5 s')
  })

  test('a wave that is over is one line, a stage of one wave as well', () => {
    at(0, wave(1, ['start etcd']), ...nodes.map((host) => begin(host, 'start etcd')))
    at(4000, ...nodes.map((host) => end(host, 'start etcd')))
    expect(texts()).toEqual(['⠋ Start | 4 s', '  ✔ 3 hosts  start etcd | 4.0 s'])
    at(4200, { type: 'stage-end', stage: 'Start', outcome: 'reached' })
    expect(texts({ isLast: true })).toEqual(['✔ Start  3 hosts  start etcd | 4.2 s'])
  })

  test('several waves stay told one by one', () => {
    at(0, wave(1, ['restart etcd'], ['node2']), begin('node2', 'restart etcd'))
    at(2000, end('node2', 'restart etcd'), wave(2, ['restart etcd'], ['node1']), begin('node1', 'restart etcd'))
    at(5000, end('node1', 'restart etcd'), { type: 'stage-end', stage: 'Start', outcome: 'reached' })
    expect(texts({ isLast: true })).toEqual([
      '✔ Start | 5.0 s',
      '  ✔ node2  restart etcd | 2.0 s',
      '  ✔ node1  restart etcd | 3.0 s',
    ])
  })

  test('a failure names host and reason; the others keep their rows', () => {
    at(0, wave(1, ['start etcd']), ...nodes.map((host) => begin(host, 'start etcd')))
    at(
      1000,
      end('node1', 'start etcd'),
      end('node2', 'start etcd', 'the peer port is taken'),
      end('node3', 'start etcd'),
    )
    at(1000, { type: 'stage-end', stage: 'Start', outcome: 'failed' })
    expect(texts({ isLast: true })).toEqual([
      '✖ Start | 1.0 s',
      '  ✔ node1  start etcd | 1.0 s',
      '  ✖ node2  start etcd  the peer port is taken | 1.0 s',
      '  ✔ node3  start etcd | 1.0 s',
    ])
  })

  test('what was broken off is marked so, and promises no time', () => {
    at(0, wave(1, ['install'], ['node1']), begin('node1', 'install'))
    at(0, progress('node1', 'install', { done: 0, total: 100 * MiB }))
    at(2000, progress('node1', 'install', { done: 50 * MiB, total: 100 * MiB }))
    expect(texts({ isLast: true })).toEqual(['◼ Start', '  ◼ node1  install  50.0 of 100 MiB'])
  })

  describe('bytes and the time that is left', () => {
    const long = 'push etcd 3.6.16, write /etc/etcd/etcd.env, /etc/systemd/system/etcd.service'

    test('stand at the right of 80 columns, however long the words before them are', () => {
      at(0, wave(1, [long], ['node1']), begin('node1', long), progress('node1', long, { done: 0, total: 61 * MiB }))
      at(20_000, progress('node1', long, { done: 12.5 * MiB, total: 61 * MiB }))
      const [, line = ''] = seen({ columns: 80 })
      expect(line).toMatch(/^ {2}⠋ node1 {2}push etcd 3\.6\.16, write.*… {2}12\.5 of 61\.0 MiB, 1 min 18 s left$/)
      expect(widthOf(line)).toBe(79)
    })

    test('a bar is shown whole or not at all', () => {
      const halves = (columns: number) => /[━─]+/.exec(seen({ columns })[1] ?? '')?.[0].length
      at(0, wave(1, ['push etcd'], ['node1']), begin('node1', 'push etcd'))
      at(0, progress('node1', 'push etcd', { done: 0, total: 61 * MiB }))
      at(2000, progress('node1', 'push etcd', { done: 12.5 * MiB, total: 61 * MiB }))
      expect(halves(80)).toBe(20)
      block.lines[0]!.rows[0]!.changes[0]!.what = 'push etcd 3.6.16 and etcdutl'
      expect(halves(80)).toBeUndefined()
    })

    test.each([61 * MiB, 61 * MiB - 9000])('once %d bytes of 61 MiB went, only the end is still to come', (done) => {
      at(0, wave(1, ['push etcd'], ['node1']), begin('node1', 'push etcd'))
      at(0, progress('node1', 'push etcd', { done: 0, total: 61 * MiB }))
      at(4000, progress('node1', 'push etcd', { done, total: 61 * MiB }))
      for (const ms of [4000, 9000]) {
        nowMs = ms
        expect(texts()[1]).toMatch(/ 61\.0 MiB, finishing$/)
      }
    })
  })

  test('a pause says what people must do', () => {
    at(0, { type: 'pause', stage: 'Trust both', message: 'hand out the bundle, then --continue' })
    expect(texts()[1]).toBe('  ◼ paused after Trust both: hand out the bundle, then --continue')
  })
})

describe('any screen', () => {
  const long = 'write a file whose name is much longer than anyone would like it to be, really'

  beforeEach(() => {
    block = newBlock(0, 'Files')
    const hosts = Array.from({ length: 7 }, (_, index) => `node${index + 1}`)
    at(0, wave(1, [long], hosts), ...hosts.map((host) => begin(host, long)))
    for (const host of hosts) at(0, progress(host, long, { done: 0, total: 61 * MiB }))
    for (const host of hosts) at(3000, progress(host, long, { done: 20 * MiB, total: 61 * MiB }))
    for (const host of hosts.slice(0, 5)) at(3000, end(host, long))
  })

  test.each([20, 30, 44, 60, 81, 200])('of %d columns is never overrun', (columns) => {
    for (const line of seen({ columns })) expect(widthOf(line)).toBeLessThan(Math.max(columns, 21))
  })

  test.each([3, 5, 8])('of %d rows is never overrun, and what goes on is what stays', (rows) => {
    const lines = seen({ rows })
    expect(lines.length).toBeLessThan(rows)
    expect(lines[0]).toContain('Files')
    if (rows === 8) expect(lines.filter((line) => line.includes('⠋ node'))).toHaveLength(2)
  })

  test("a host's words cannot leave their row", () => {
    block = newBlock(0)
    at(0, { type: 'task-begin', id: 't', what: 'a\nb\u001b[2J\u001b]0;title\u0007' })
    expect(texts()).toEqual(['⠋ a b'])
  })
})
