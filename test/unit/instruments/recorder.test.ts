import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { expectUnharmed } from '../../instruments/expect-unharmed.ts'
import type { Allowed } from '../../instruments/expect-unharmed.ts'
import { reportLine, startRecorder } from '../../instruments/recorder.ts'
import type { RecorderOptions, Report } from '../../instruments/recorder.ts'
import { fakeEtcd } from './fake-etcd.ts'
import type { FakeEtcd, Faults } from './fake-etcd.ts'

const folder = mkdtempSync(join(tmpdir(), 'recorder-'))
afterAll(() => rmSync(folder, { recursive: true }))
// The lines of reports are for those who read an integration test's output.
vi.spyOn(console, 'log').mockImplementation(() => {})

/** For what is to fail. */
const impatient = { timeouts: { hashMs: 300, writeMs: 700 } }

/** `during` runs once the first write was acknowledged. */
async function record(
  faults: Faults,
  during: (seen: FakeEtcd['seen']) => Promise<void> = (seen) => until(() => seen.puts > 150 && seen.ranges > 60),
  options: Partial<RecorderOptions> = {},
): Promise<Report> {
  const { endpoints, seen, close } = await fakeEtcd(faults)
  try {
    const recorder = await startRecorder({ endpoints, seed: 1, timeouts: { hashMs: 300 }, ...options })
    await during(seen)
    return await recorder.stop()
  } finally {
    close()
  }
}

/** Not a time: how much is done in one depends on what else the machine does. */
async function until(enough: () => boolean): Promise<void> {
  while (!enough()) await sleep(10)
}

function expectHarmed(report: Report, by: string | RegExp, allowed: Allowed = {}): void {
  expect(() => expectUnharmed(report, allowed)).toThrow(by)
}

describe.concurrent('a recording', { timeout: 30_000 }, () => {
  test('of a sound cluster finds nothing, and keeps its history', async () => {
    const historyFile = join(folder, 'history.jsonl')
    const begun = performance.now()
    const report = await record({}, undefined, { historyFile })
    const seconds = (performance.now() - begun) / 1000
    expectUnharmed(report)
    expect(report).toMatchObject({ seed: 1, failed: 0, ambiguous: 0, unreadable: 0, hash: { hash: 99 } })
    expect(report.hash?.members).toEqual(['node1', 'node2', 'node3'])
    const lines = readFileSync(historyFile, 'utf8').trim().split('\n')
    const kept = Object.groupBy(
      lines.map((line) => JSON.parse(line) as { type: string; outcome: string }),
      ({ type, outcome }) => `${type} ${outcome}`,
    )
    expect(kept['write acknowledged']).toHaveLength(report.acknowledged)
    expect(kept['put acknowledged']).toHaveLength(report.puts)
    expect(kept['read answered']).toHaveLength(report.reads)
    expect(kept['read failed'] ?? []).toHaveLength(report.failedReads)
    // A moderate load: 4 writers of 50 a second, 3 readers of 40, 3 putters of 10.
    expect(report.acknowledged).toBeLessThan(200 * seconds)
    expect(report.reads).toBeLessThan(120 * seconds)
    expect(report.puts).toBeLessThanOrEqual(30 * seconds + 3)
  })

  test('tells of one acknowledged write that was not kept', async () => {
    let dropped = ''
    const report = await record({
      put({ key }) {
        if (dropped === '' && key.includes('/once/')) dropped = key
        return key === dropped ? 'drop' : undefined
      },
    })
    expect(report).toMatchObject({ lost: 1, notLinearizable: 1 })
    expectHarmed(report, `lost: write 1 of ${dropped}, acknowledged by`)
  })

  test('tells of lost writes of keys that are written again', async () => {
    const report = await record({
      put: ({ key, count }) => (count > 20 && key.includes('/chain/0-') ? 'drop' : undefined),
    })
    expect(report.lost).toBeGreaterThan(0)
    expectHarmed(report, /went back: writer0 on node\d/)
  })

  test('tells of a write that one member alone lacks', async () => {
    const report = await record({ blind: (member, key) => member === 'node3' && /once\/0-./.test(key) })
    expect(report.lost).toBeGreaterThan(0)
    expectHarmed(report, /lost: .*: node3 has nothing/)
  })

  test('tells of reads that went back', async () => {
    const attempted = new Set<string>()
    const report = await record({
      stale: (member, key) => member === 'node2' && key.includes('/chain/'),
      // So that writers see it too: on their second attempt they are told of an older value than they had put.
      put({ member, value }) {
        if (member !== 'node1' || attempted.has(value)) return undefined
        attempted.add(value)
        return 'mute'
      },
    })
    expect(report.wentBack).toBeGreaterThan(0)
    expectHarmed(report, /went back: (reader|writer)\d+ on node2/)
  })

  test('tells of a register on which a put left no trace, and of the operations that show it', async () => {
    const report = await record({
      put: ({ key, count }) => (count > 60 && key.includes('/register/0') ? 'drop' : undefined),
    })
    expect(report).toMatchObject({ notLinearizable: 1, lost: 0 })
    expect(reportLine(report)).toContain('linearizable: NO, at 1 keys')
    const conflict =
      /not linearizable: \S+\/register\/0: (\d+) before (\d+): .*; \2 before \1: write of \2 by .*, then read of \1 by/
    expectHarmed(report, conflict)
  })

  test('tells of a value that nobody wrote, and of nothing more', async () => {
    const report = await record({ invent: (member, key) => (member === 'node1' ? `99999 ${key}` : undefined) })
    expect(report.neverWritten).toBeGreaterThan(0)
    expect(report.wentBack).toBe(0)
    expectHarmed(report, /never written: .* is 99999/)
  })

  test('tells of members whose hashes differ', async () => {
    const report = await record({ hash: (member) => (member === 'node3' ? 98 : 99) })
    expect(report.hash).toBeUndefined()
    expectHarmed(report, /hashkv at revision \d+ differs: node1 99 .*node3 98/)
  })

  test('tells of two clusters', async () => {
    const report = await record({ clusterId: (member) => (member === 'node3' ? 8 : 7) })
    expectHarmed(report, 'more than one cluster answered: 7, 8')
  })

  test('finds a write again that was kept without an answer', async () => {
    let mute = 0
    const report = await record({ put: ({ count }) => (count % 5 === 0 && ++mute ? 'mute' : undefined) })
    expectUnharmed(report)
    expect(mute).toBeGreaterThan(1)
  })

  test('is not deceived by an attempt that is done long after it was given up', async () => {
    let late = 0
    const faults: Faults = { put: ({ count }) => (count % 10 === 0 && ++late ? 'late' : undefined) }
    const enough = async () => {
      await until(() => late > 5)
      // The last of them has come by then.
      await sleep(1600)
    }
    expectUnharmed(await record(faults, enough))
  })

  test('counts as failed what no endpoint acknowledged in time, and sees the gap', async () => {
    let refusing = false
    const report = await record(
      { put: () => (refusing ? 'refuse' : undefined) },
      async () => {
        await sleep(200)
        refusing = true
        await sleep(1200)
      },
      impatient,
    )
    expect(report.problems).toEqual([])
    // At least one of each writer.
    const { failed } = report
    expect(failed).toBeGreaterThanOrEqual(4)
    // What etcd refused is not there; a slow answer may leave a doubt.
    expect(report.ambiguous).toBeLessThan(failed)
    expect(report.errors.join('\n')).toMatch(/node\d: etcdserver: mvcc: database space exceeded \(code 8\)/)
    expect(report.longestGapMs).toBeGreaterThan(1000)
    expect(report.longestGapBeganMs).toBeGreaterThan(100)
    expectHarmed(report, 'database space')
    expectHarmed(report, 'longest gap', { failed, longestGapMs: 1000 })
    expectUnharmed(report, { failed })
  })

  test('a read that one member fails to answer is read from another; what nobody answers in time is unreadable', async () => {
    let reading = true
    const one = await record({ unreadable: (member) => member === 'node1' && reading }, async (seen) => {
      await until(() => seen.puts > 150 && seen.ranges > 60)
      reading = false
    })
    expect(one.failedReads).toBeGreaterThan(0)
    expect(one.unreadable).toBe(0)
    expectUnharmed(one)
    let refusing = false
    const all = await record(
      { unreadable: () => refusing },
      async () => {
        refusing = true
        // Longer than a read has time.
        await sleep(1200)
        refusing = false
      },
      impatient,
    )
    expect(all.unreadable).toBeGreaterThan(0)
    expectHarmed(all, `${all.unreadable} at all`)
  })

  test('calls a failed write that may be there ambiguous', async () => {
    let vanishing = false
    const report = await record(
      { put: () => (vanishing ? 'vanish' : undefined) },
      async (seen) => {
        vanishing = true
        const { puts } = seen
        await until(() => seen.puts > puts + 50)
      },
      impatient,
    )
    expect(report.problems).toEqual([])
    expect(report.failed).toBeGreaterThan(0)
    expect(report.ambiguous).toBe(report.failed)
  })

  test('goes on with other endpoints when told to, and asks only the members named at the end', async () => {
    const { endpoints, seen, close } = await fakeEtcd({ hash: (member) => (member === 'node3' ? 98 : 99) })
    const historyFile = join(folder, 'use.jsonl')
    const recorder = await startRecorder({ endpoints: endpoints.slice(0, 1), historyFile })
    recorder.use({ endpoints: endpoints.slice(1) })
    const { ranges } = seen
    await until(() => seen.ranges > ranges + 60)
    const report = await recorder.stop({ members: ['node2'] })
    close()
    expectUnharmed(report)
    expect(report.hash?.members).toEqual(['node2'])
    const last = readFileSync(historyFile, 'utf8').trim().split('\n').slice(-20)
    expect(last.filter((line) => line.includes('"endpoint":"node1"'))).toEqual([])
  })

  test('does not begin where nothing answers', async () => {
    const endpoints = [{ name: 'node1', url: 'http://127.0.0.1:1' }]
    const started = startRecorder({ endpoints, timeouts: { firstWriteMs: 1000, writeMs: 300 } })
    await expect(started).rejects.toThrow(/no write was acknowledged within 1000 ms: node1: .*ECONNREFUSED/)
  })
})
