import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../src/engine/events.ts'
import { countEvents, eventOnLine } from '../../instruments/kill-events.ts'
import { runEtcdDeploy } from '../../instruments/run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'kill-switch-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Stands in for the product: 2 stages with 2 changes each, and between them what does not count. Each event leaves a trace on disk. */
const standIn = join(folder, 'stand-in.mjs')
writeFileSync(
  standIn,
  `
  import { appendFileSync, writeFileSync } from 'node:fs'
  const trace = process.env.TRACE
  writeFileSync(trace, '')
  const tell = (type, more = {}) => {
    process.stdout.write(JSON.stringify({ v: 1, type, ...more }) + '\\n')
    appendFileSync(trace, type + '\\n')
  }
  process.on('SIGINT', () => { tell('lock-released'); process.exit(130) })
  process.stdout.write('not an event\\n{"neither": 1}\\n{"nor this"\\n')
  tell('lock-taken')
  for (const stage of ['one', 'two']) {
    tell('stage-begin', { stage })
    for (const id of ['a', 'b']) {
      tell('change-begin', { id })
      tell('progress', { id, what: 'change-begin' })
      await new Promise((resolve) => setTimeout(resolve, 5))
      tell('change-end', { id })
    }
    tell('note', { message: 'stage-end' })
    // Two events in one write, and one in two.
    process.stdout.write('{"type":"stage-end"}\\n{"type":"record-written"}\\n{"type":"record')
    process.stdout.write('-removed"}\\n')
  }
  tell('lock-released')
  console.error(process.argv.slice(2).join(' '), await new Response(process.stdin).text())
  process.exitCode = 7
  `,
)

const timeoutMs = 10_000
const trace = join(folder, 'trace')
const runStandIn = (options: { killAt?: number; signal?: 'SIGKILL' | 'SIGINT'; input?: string } = {}) =>
  runEtcdDeploy(['up', '--json'], { program: standIn, env: { TRACE: trace }, timeoutMs, ...options })

describe('kill switch', () => {
  test('a run without it ends as it would, and its events are counted', async () => {
    const run = await runStandIn({ input: 'yes' })
    expect([run.code, run.signal]).toEqual([7, null])
    expect(run.stderr).toBe('up --json yes\n')
    // lock 1, per stage 1 + 2 × 2 + 3, lock 1
    expect(countEvents(run.events)).toBe(18)
    expect(run.events).toHaveLength(18 + 2 * 2 + 2)
  })

  test.each([1, 2, 5, 7, 10, 18])('SIGKILL at event %i: told, and nothing after it was done', async (killAt) => {
    const whole = (await runStandIn()).events
    const run = await runStandIn({ killAt })
    expect([run.code, run.signal]).toEqual([null, 'SIGKILL'])
    expect(run.events.slice(0, -1)).toEqual(whole.slice(0, run.events.length - 1))
    const last = run.events.at(-1)?.type
    // Where two events come in one write, both are told.
    expect(countEvents(run.events) - killAt).toBe(killAt === 7 ? 1 : 0)
    const done = readFileSync(trace, 'utf8').split('\n').slice(0, -1)
    const told = run.events.map(({ type }) => type)
    expect(done).toEqual(told.filter((type) => !/stage-end|record/.test(type)).slice(0, done.length))
    expect(done.length, `the trace of ${last}`).toBeLessThan(told.length)
  })

  test('SIGINT reaches the run, which goes on to its own end', async () => {
    const run = await runStandIn({ killAt: 3, signal: 'SIGINT' })
    expect([run.code, run.signal]).toEqual([130, null])
    expect(run.events.at(-1)?.type).toBe('lock-released')
    expect(countEvents(run.events)).toBe(4)
  })

  test('past the last event it does nothing', async () => {
    expect((await runStandIn({ killAt: 19 })).code).toBe(7)
  })

  test('is of no use without --json', () => {
    expect(() => runEtcdDeploy(['up'], { killAt: 1, timeoutMs })).toThrow('--json')
  })
})

test('a run that does not end is killed, and what it said is told', async () => {
  const endless = join(folder, 'endless.mjs')
  writeFileSync(endless, 'console.log("waiting for node3"); setInterval(() => {}, 1000)')
  const run = runEtcdDeploy(['up'], { program: endless, timeoutMs: 500 })
  await expect(run).rejects.toThrow(/500 ms:\nwaiting for node3/)
})

describe('lines', () => {
  test('progress and the like do not count', () => {
    const types: RunEvent['type'][] = ['progress', 'note', 'command', 'wave', 'observe-end', 'task-begin', 'run-end']
    expect(countEvents(types.map((type) => ({ type }) as RunEvent))).toBe(0)
  })

  test.each(['', 'text', '{"type"', '{"type":1}', '[]', '{"kind":"stage-begin"}'])('%j is no event', (line) => {
    expect(eventOnLine(line)).toBeUndefined()
  })
})
