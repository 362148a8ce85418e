import { expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import { DownSubject } from '../../../src/steps/down-subject.ts'
import type { FileSeen, HostSeen, OtherEtcd, ReachedHost } from '../../../src/steps/seen.ts'
import { away, cluster, host, stopped } from '../status/samples.ts'

const of = cluster()
const at = layoutOf(of)

const file: FileSeen = { type: 'file', mode: 0o644, owner: 'root', group: 'root', size: 0, modifiedS: 0, text: '' }
const ours: [string, FileSeen] = [at.unit, { ...file, text: `# Managed by etcd-deploy for cluster ${of.name}; x\n` }]
const data: [string, FileSeen] = [`${of.paths.data}/member`, { ...file, type: 'directory' }]

function found(node1: HostSeen) {
  const others = ['node2', 'node3'].map((name): [string, HostSeen] => [name, host(of, name)])
  const problems = new DownSubject(of, undefined).check({ hosts: new Map([['node1', node1], ...others]) })
  return problems.map(({ error }) => [error.host, error.exitCode, error.message])
}

function halted(parts: Partial<ReachedHost>): ReachedHost {
  return { ...stopped(of, 'node1'), files: new Map([ours, data]), ...parts }
}

function other(parts: Partial<OtherEtcd>): OtherEtcd {
  return { pid: '77', unit: 'my-etcd.service', listening: [], folders: [], ...parts }
}

test('a cluster of ours may end, members running or not', () => {
  expect(found(host(of, 'node1'))).toEqual([])
  expect(found(halted({}))).toEqual([])
})

test('not while a host cannot be reached: its member would be left', () => {
  expect(found(away)).toMatchObject([['node3', 1, 'no answer']])
})

test('not where nothing says that the data is ours', () => {
  const [problem] = found(halted({ files: new Map([data]) }))
  expect(problem).toEqual(['node1', 3, expect.stringMatching(/nothing says that it is of cluster/)])
})

test("not while somebody's etcd works in the data; one on our ports is no concern of down", () => {
  const [problem] = found(halted({ others: [other({ folders: [`${of.paths.data}/member`] })] }))
  expect(problem).toEqual(['node1', 3, expect.stringMatching(/as unit my-etcd\.service, and holds the data in/)])
  const beside = other({ folders: ['/srv/etcd/member'], listening: [{ address: '0.0.0.0', port: 2379 }] })
  expect(found(halted({ others: [beside] }))).toEqual([])
})

test("not where the settings are another cluster's of this tool, which may run with them", () => {
  const env: [string, FileSeen] = [at.env, { ...file, text: '# Managed by etcd-deploy for cluster events; x\n' }]
  const [problem] = found({ ...stopped(of, 'node1'), formed: undefined, files: new Map([env]) })
  expect(problem).toEqual(['node1', 3, '/etc/etcd holds the settings of cluster events, not of prod'])
})
