import { expect, test } from 'vitest'
import { authProblems } from '../../../src/steps/auth-check.ts'
import { cluster, endpoint, etcd, host } from '../status/samples.ts'

const refusing = { healthy: false, refusesReads: true, trouble: 'etcdserver: user name is empty' }

test.each([
  ['server', refusing],
  ['off', refusing],
  ['off', { ...refusing, status: undefined, members: undefined }],
])('auth without a name to log in with is told, tls.mode %s', (mode, parts) => {
  const of = cluster({ tls: { mode } })
  const hosts = new Map([['node1', host(of, 'node1', { etcd: etcd(of, 'node1', parts) })]])
  const [problem, ...more] = authProblems(of, { hosts })
  expect(problem?.error).toMatchObject({ exitCode: 1, answered: 'etcdserver: user name is empty' })
  expect(problem?.error.message).toMatch(/auth is on, and etcd-deploy has no client certificate/)
  expect(more).toEqual([])
})

test('with mutual TLS there is a name, so that reads are refused for another reason', () => {
  const of = cluster({ tls: { mode: 'mutual' } })
  const hosts = new Map([['node1', host(of, 'node1', { etcd: etcd(of, 'node1', refusing) })]])
  expect(authProblems(of, { hosts })).toEqual([])
})

test.each([
  ['it has an alarm', { ...refusing, status: endpoint('node1', { errors: ['memberID:161 alarm:CORRUPT'] }) }],
  ['it answers without quorum', { healthy: false, refusesReads: false }],
  ['it is healthy', {}],
])('no word of auth where %s', (_, parts) => {
  const of = cluster()
  const hosts = new Map([['node1', host(of, 'node1', { etcd: etcd(of, 'node1', parts) })]])
  expect(authProblems(of, { hosts })).toEqual([])
})
