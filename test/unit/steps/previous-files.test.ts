import { expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import { previousFiles } from '../../../src/steps/previous-files.ts'
import type { FileSeen, ReachedHost } from '../../../src/steps/seen.ts'
import type { Wanted } from '../../../src/steps/wanted.ts'
import { cluster, etcd, host, stopped } from '../status/samples.ts'

const of = cluster()
const { env, previousDir } = layoutOf(of)
const want: Wanted = { cluster: of, formation: { kind: 'formed', token: 't', clusterId: 'cc' }, members: new Map() }
const written = 'ETCD_NAME=node1\nETCD_SNAPSHOT_COUNT=20000\n# Ignored by etcd:\nETCD_INITIAL_CLUSTER_STATE=existing\n'
const files = new Map([
  [env, file(written)],
  [previousDir, file()],
])
const running = { ETCD_NAME: 'node1', ETCD_SNAPSHOT_COUNT: '20000', ETCD_INITIAL_CLUSTER_STATE: 'new' }

test('they go once the member serves with what is written', () => {
  const [change, ...more] = changesOf(host(of, 'node1', { files, process: process(running) }))
  expect(change).toMatchObject({ host: 'node1', script: { args: [previousDir] } })
  expect(change).not.toHaveProperty('takesDown')
  expect(more).toEqual([])
})

test('and are not seen any more', () => {
  const seen = { hosts: new Map([['node1', host(of, 'node1', { files, process: process(running) })]]) }
  const [change] = previousFiles.next(want, seen)
  expect(previousFiles.next(want, change?.predict(seen) ?? seen)).toEqual([])
})

test.each<[string, ReachedHost]>([
  ['it runs with others', host(of, 'node1', { files, process: process({ ...running, ETCD_SNAPSHOT_COUNT: '10000' }) })],
  [
    'it does not serve',
    host(of, 'node1', { files, process: process(running), etcd: etcd(of, 'node1', { healthy: false }) }),
  ],
  ['it does not run', { ...stopped(of, 'node1'), files }],
  ['there are none', host(of, 'node1', { files: new Map([[env, file(written)]]), process: process(running) })],
])('nothing to do while %s', (_, on) => {
  expect(changesOf(on)).toEqual([])
})

function changesOf(on: ReachedHost) {
  return previousFiles.next(want, { hosts: new Map([['node1', on]]) })
}

function process(environment: Record<string, string>): NonNullable<ReachedHost['process']> {
  return { executable: '', upS: 9, environment }
}

function file(text?: string): FileSeen {
  const rights = { mode: 0o640, owner: 'root', group: 'etcd', size: 1, modifiedS: 0 }
  return text === undefined ? { type: 'directory', ...rights } : { type: 'file', ...rights, text }
}
