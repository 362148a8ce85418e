import { PassThrough } from 'node:stream'

import { beforeEach, expect, test, vi } from 'vitest'

import type { RunEvent } from '../../../../src/engine/events.ts'
import type { Renderer } from '../../../../src/ui/renderer.ts'
import { noColors } from '../../../../src/ui/colors.ts'
import { clean } from '../../../../src/ui/text.ts'
import { terminalRenderer } from '../../../../src/ui/terminal/terminal.ts'

let written: string
let renderer: Renderer
let stream: NodeJS.WriteStream

beforeEach(() => {
  written = ''
  const fake = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
  fake.on('data', (chunk: Buffer) => (written += chunk.toString()))
  stream = fake as unknown as NodeJS.WriteStream
  const pipe = new PassThrough() as unknown as NodeJS.WriteStream
  renderer = terminalRenderer({ stream, other: pipe, colors: noColors })
})

const summary = {
  durationMs: 1000,
  changed: ['node1'],
  restarted: [],
  unchanged: [],
  unreachable: [],
  commands: {},
  bytesSent: {},
}
const begin: RunEvent = { type: 'run-begin', command: 'up', cluster: 'prod', version: '3.6.16', nodes: ['node1'] }
const change = { id: 'c1', host: 'node1', what: 'write unit' }

function play(...events: RunEvent[]): void {
  for (const event of events) renderer.emit(event)
}

async function isDrawn(picture: RegExp): Promise<void> {
  await vi.waitFor(() => expect(written).toMatch(picture), { timeout: 3000, interval: 20 })
}

/** What is on the screen for good: of the redrawn region only the last state counts, and it has been taken away. */
async function screen(): Promise<string[]> {
  await renderer.close()
  // oxlint-disable-next-line no-control-regex
  const kept = written.split(/\u001b\[\?25h/).map((part) => part.split(/\u001b\[\?25l/)[0] ?? '')
  return clean(kept.join(''))
    .split('\n')
    .filter((line) => line.trim() !== '')
}

test('a run leaves its heading, its stages and its summary, and the cursor', async () => {
  play(
    begin,
    { type: 'stage-begin', stage: 'Files' },
    { type: 'wave', number: 1, changes: [{ ...change, why: 'missing' }] },
    { type: 'change-begin', ...change, why: 'missing' },
  )
  await isDrawn(/[⠋-⠿] node1 {2}write unit/)
  play(
    { type: 'change-end', ...change, outcome: 'done', durationMs: 10 },
    { type: 'stage-end', stage: 'Files', outcome: 'reached' },
    { type: 'run-end', exitCode: 0, summary },
  )
  const lines = await screen()
  expect(lines).toEqual([
    'etcd-deploy up  prod · etcd 3.6.16 · 1 host',
    expect.stringMatching(/^✔ Files {2}node1 {2}write unit +0\.\d s$/),
    '✔ Done in 1.0 s',
    '  1 host changed: node1',
  ])
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'))
})

test('a diff is shown once, above, though several hosts get it', async () => {
  const diff = '-QUOTA=2\n+QUOTA=8\n'
  const other = { id: 'c2', host: 'node2', what: 'write unit' }
  play(
    begin,
    { type: 'stage-begin', stage: 'Files' },
    {
      type: 'wave',
      number: 1,
      changes: [
        { ...change, why: 'differs' },
        { ...other, why: 'differs' },
      ],
    },
    { type: 'change-begin', ...change, why: 'differs', diff },
    { type: 'change-begin', ...other, why: 'differs', diff },
    { type: 'stage-end', stage: 'Files', outcome: 'failed' },
  )
  const lines = await screen()
  expect(lines.slice(1, 4)).toEqual(['node1 write unit', '-QUOTA=2', '+QUOTA=8'])
  expect(lines.filter((line) => line === '+QUOTA=8')).toHaveLength(1)
})

test('a question has the terminal to itself', async () => {
  play(begin, { type: 'observe-begin', hosts: ['node1'] })
  await isDrawn(/Reading the hosts/)
  await renderer.aside(async () => {
    const before = written
    stream.write('Trust it? ')
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(written).toBe(`${before}Trust it? `)
    stream.write('\n')
  })
  const lines = await screen()
  expect(lines).toContain('Trust it? ')
})

test('a run that broke off shows where, and a question after it still works', async () => {
  play(begin, { type: 'task-begin', id: 't', what: 'Make certificates' })
  await renderer.close()
  expect(await renderer.aside(() => Promise.resolve('answer'))).toBe('answer')
  expect(clean(written)).toContain('◼ Make certificates')
})

test('a run that only looks leaves the terminal to its table', async () => {
  play({ ...begin, command: 'status' }, { type: 'run-end', exitCode: 0, summary })
  expect(await screen()).toEqual([])
})
