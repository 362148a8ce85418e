import { describe, expect, test } from 'vitest'
import type { Operation } from '../../../src/engine/operation.ts'
import { refuseUnfinished, unfinishedOperation } from '../../../src/steps/unfinished.ts'
import { away, cluster, host } from '../status/samples.ts'

const record: Operation = {
  name: 'rotate-certs --ca',
  args: {},
  finish: 'etcd-deploy rotate-certs --ca',
  since: '2026-11-20T10:00:00Z',
  controller: 'ana@laptop',
  told: [],
}

describe('an operation that was begun and not finished', () => {
  test.each([
    ['up and the like', undefined],
    ['another operation', 'change-ip node2'],
  ])('refuses %s, naming the command that finishes it', (_, own) => {
    const [problem, ...more] = refuseUnfinished(record, own)
    expect(problem?.warning).toBeUndefined()
    expect(problem?.error).toMatchObject({
      exitCode: 3,
      answered: 'begun since 2026-11-20T10:00:00Z by ana@laptop',
      next: ['finish it: etcd-deploy rotate-certs --ca'],
    })
    expect(more).toEqual([])
  })

  test('lets itself go on', () => {
    expect(refuseUnfinished(record, record.name)).toEqual([])
  })
})

test('where there is none, nothing is refused', () => {
  expect(refuseUnfinished(undefined, undefined)).toEqual([])
})

test('any host that knows of it counts, and the record of this side before all', () => {
  const of = cluster()
  const onHosts = { ...record, name: 'of a host' }
  const hosts = new Map([
    ['node1', host(of, 'node1')],
    ['node2', host(of, 'node2', { operation: onHosts })],
    ['node3', away],
  ] as const)
  expect(unfinishedOperation({ hosts }, undefined)).toBe(onHosts)
  expect(unfinishedOperation({ hosts }, record)).toBe(record)
  expect(unfinishedOperation({ hosts: new Map([['node1', host(of, 'node1')]]) }, undefined)).toBeUndefined()
})
