import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEndpointStatuses, parseMemberList } from '../../../src/etcd/etcdctl-output.ts'
import { parseMetrics } from '../../../src/etcd/metrics.ts'
import { atLeast } from '../../../src/etcd/versions.ts'
import { output, recordedVersions } from './recordings.ts'

describe.each(recordedVersions)('the metrics of etcd %s', (version) => {
  const metrics = parseMetrics(output(version, 'three-metrics'))

  test('of a member at rest', () => {
    expect(metrics).toMatchObject({ hasLeader: true, quotaBytes: 2 ** 31 })
    expect(metrics?.dbSizeInUseBytes).toBeGreaterThan(200_000)
    // The recordings are of November 2026; the metric has a precision of 10 s.
    expect(new Date(metrics?.startedAtMs ?? 0).toISOString()).toMatch(/^2026-11-21T1/)
  })

  test('the links to the other two members, by their ids as etcdctl shows them', () => {
    const members = parseMemberList(output(version, 'three-members'))?.members ?? []
    const others = members.filter(({ name }) => name !== 'm0').map(({ id }): [string, number] => [id, 1])
    expect(metrics?.activePeers).toEqual(new Map(atLeast(version, '3.4') ? others : []))
  })

  test('how far it has applied', () => {
    const status = parseEndpointStatuses(output(version, 'three-status'))?.[0]
    const writes = 20n
    expect(metrics?.proposalsApplied).toBeGreaterThanOrEqual(writes)
    // The status was read before: what was applied since then is the members' own bookkeeping.
    if (!atLeast(version, '3.5')) expect(metrics?.proposalsApplied).toBe(status?.raftIndex)
  })
})

test('large numbers come as floats', () => {
  expect(parseMetrics('etcd_server_proposals_applied_total 1.234567e+06\n')?.proposalsApplied).toBe(1_234_567n)
  expect(parseMetrics('etcd_server_has_leader 0')?.hasLeader).toBe(false)
})

test.each(['', '<html>503</html>', 'process_start_time_seconds 1\n', 'etcd_server_has_leader NaN'])(
  '%j is no etcd',
  (text) => {
    expect(parseMetrics(text)).toBeUndefined()
  },
)

test('whatever comes back, nothing is thrown', () => {
  const line = fc.tuple(
    fc.constantFrom('etcd_network_active_peers', 'etcd_server_has_leader', 'x'),
    fc.string(),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      parseMetrics(lines.map(([name, labels, value]) => `${name}{${labels}} ${value}`).join('\n'))
    }),
  )
})
