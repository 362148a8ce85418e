import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import type { RunEvent } from '../../../src/engine/events.ts'
import { openRunLog } from '../../../src/ui/run-log.ts'

const event: RunEvent = { type: 'note', message: 'hello' }

function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

function open(folder: string, now: Date, cluster = 'prod') {
  return openRunLog({ command: 'up', cluster, env: { XDG_STATE_HOME: folder }, now })
}

test('events are in the file at once, for its owner alone', () => {
  const folder = stateFolder()
  const log = open(folder, new Date('2026-03-01T12:00:00.500Z'))
  expect(log.path).toBe(join(folder, 'etcd-deploy/runs/2026-03-01T120000.500Z-up-prod.jsonl'))
  log.emit(event)
  expect(JSON.parse(readFileSync(log.path, 'utf8'))).toMatchObject({ v: 1, ...event })
  expect(statSync(log.path).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'etcd-deploy/runs')).mode & 0o777).toBe(0o700)
  log.close()
  log.emit(event)
  expect(readFileSync(log.path, 'utf8').split('\n')).toHaveLength(2)
})

test('states are kept, bytes are not', () => {
  const log = open(stateFolder(), new Date())
  log.emit({ type: 'progress', id: 'a', host: 'node1', what: 'send', done: 1, total: 2, unit: 'bytes' })
  log.emit({ type: 'progress', id: 'b', host: 'node1', what: 'start', state: 'healthy' })
  log.close()
  const lines = readFileSync(log.path, 'utf8').trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['b'])
})

test('the newest fifty stay, and files of others', () => {
  const folder = stateFolder()
  for (let minute = 0; minute < 55; minute += 1) open(folder, new Date(Date.UTC(2026, 2, 1, 12, minute))).close()
  const runs = join(folder, 'etcd-deploy/runs')
  writeFileSync(join(runs, '0-note.txt'), '')
  open(folder, new Date(Date.UTC(2026, 2, 1, 13))).close()
  const logs = readdirSync(runs).filter((name) => name.endsWith('.jsonl'))
  expect(logs).toHaveLength(50)
  expect(logs.toSorted()[0]).toContain('T120600')
  expect(readdirSync(runs)).toContain('0-note.txt')
})

test('a name cannot leave the folder', () => {
  const folder = stateFolder()
  const log = open(folder, new Date('2026-03-01T12:00:00Z'), '../../x y')
  log.close()
  expect(readdirSync(join(folder, 'etcd-deploy/runs'))).toEqual(['2026-03-01T120000.000Z-up--x-y.jsonl'])
})

test('a folder that cannot be written is no reason to fail', () => {
  const folder = stateFolder()
  writeFileSync(join(folder, 'etcd-deploy'), 'in the way')
  const log = open(folder, new Date())
  log.emit(event)
  log.close()
  expect(log.problem()).toContain('etcd-deploy')
})
