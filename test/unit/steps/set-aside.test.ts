import { expect, test } from 'vitest'
import type { ReachedHost } from '../../../src/steps/seen.ts'
import { setAsideAt } from '../../../src/steps/set-aside.ts'
import { away, cluster, stopped } from '../status/samples.ts'

const of = cluster({ paths: { wal: '/srv/wal' } })
const on = (name: string, dataEntries: string[], walEntries: string[] = []): ReachedHost => ({
  ...stopped(of, name),
  dataEntries,
  walEntries,
})
const [old, now, later] = ['member.2025-01-01T000000Z', 'member.2026-11-21T175000Z', 'member.2026-11-21T175001Z']

test('the newest of each host, of the WAL too; what is alike together', () => {
  const hosts = new Map([
    ['node1', on('node1', ['lost+found', now, old, 'notes'], [now])],
    ['node2', on('node2', [now], [now])],
    ['node3', on('node3', [later, 'member.saved'], ['member'])],
  ])
  expect(setAsideAt(of, { hosts })).toEqual([
    { hosts: ['node1', 'node2'], folders: [`/var/lib/etcd/${now}`, `/srv/wal/${now}`] },
    { hosts: ['node3'], folders: [`/var/lib/etcd/${later}`] },
  ])
})

test('nothing where nothing lies, or nobody can tell', () => {
  const hosts = new Map([
    ['node1', on('node1', ['member'])],
    ['node2', away],
  ])
  expect(setAsideAt(of, { hosts })).toEqual([])
})
