import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  parseAlarms,
  parseEndpointHealth,
  parseEndpointStatus,
  parseEndpointStatuses,
  parseHashKv,
  parseMemberList,
} from '../../../src/etcd/etcdctl-output.ts'
import { atLeast } from '../../../src/etcd/versions.ts'
import { output, recordedVersions, recording } from './recordings.ts'

test('every series from 3.3 to 3.7 was recorded', () => {
  expect(recordedVersions).toEqual(['3.3.25', '3.4.23', '3.5.16', '3.5.30', '3.6.16', '3.7.3'])
})

describe.each(recordedVersions)('etcdctl %s', (version) => {
  test('member list', () => {
    const { clusterId, members } = parseMemberList(output(version, 'three-members')) ?? {}
    expect(clusterId).toMatch(/^[\da-f]{1,16}$/)
    const byName = members?.toSorted((a, b) => a.name.localeCompare(b.name))
    expect(byName).toMatchObject([
      { name: 'm0', peerUrls: ['http://127.0.0.1:23501'], clientUrls: ['http://127.0.0.1:23500'], isLearner: false },
      { name: 'm1', peerUrls: ['http://127.0.0.1:23503'], clientUrls: ['http://127.0.0.1:23502'], isLearner: false },
      { name: 'm2', peerUrls: ['http://127.0.0.1:23505'], clientUrls: ['http://127.0.0.1:23504'], isLearner: false },
    ])
  })

  test('ids are read to the last digit', () => {
    const text = output(version, 'three-members')
    const printed = [...text.matchAll(/"ID": ?(\d+)/g)].map((match) => match[1] ?? '')
    expect(printed).toHaveLength(3)
    expect(parseMemberList(text)?.members.map(({ id }) => BigInt(`0x${id}`).toString())).toEqual(printed)
    expect(printed.some((id) => BigInt(id) !== BigInt(Number(id)))).toBe(true)
  })

  test('endpoint status of a cluster at rest: 20 writes after the first revision, one leader, everything applied', () => {
    const statuses = parseEndpointStatuses(output(version, 'three-status')) ?? []
    const members = parseMemberList(output(version, 'three-members'))
    expect(statuses.map(({ endpoint }) => endpoint)).toEqual(
      [23500, 23502, 23504].map((port) => `http://127.0.0.1:${port}`),
    )
    expect(statuses.map(({ memberId }) => memberId).toSorted()).toEqual(members?.members.map(({ id }) => id).toSorted())
    expect(new Set(statuses.map(({ leader }) => leader)).size).toBe(1)
    expect(statuses.filter(({ leader, memberId }) => leader === memberId)).toHaveLength(1)
    for (const status of statuses) {
      expect(status).toMatchObject({
        version,
        clusterId: members?.clusterId,
        isLearner: false,
        revision: 21n,
        raftTerm: 2n,
        errors: [],
      })
      expect(status.dbSizeBytes).toBeGreaterThan(200_000)
      const hasApplied = atLeast(version, '3.4')
      expect(status.raftAppliedIndex).toBe(hasApplied ? status.raftIndex : undefined)
      expect(status.dbSizeInUseBytes === undefined).toBe(!hasApplied)
      expect(status.quotaBytes).toBe(atLeast(version, '3.6') ? 2 ** 31 : undefined)
      expect(status.storageVersion).toBe(atLeast(version, '3.6') ? `${version.slice(0, 3)}.0` : undefined)
    }
  })

  test('endpoint status with a member down lists those that answered', () => {
    const down = recording(version, 'down-status')
    expect(down.exit).toBe(1)
    expect(parseEndpointStatuses(down.stdout)?.map(({ endpoint }) => endpoint)).toEqual([
      'http://127.0.0.1:23500',
      'http://127.0.0.1:23502',
    ])
  })

  test('without quorum there is no leader', () => {
    const status = parseEndpointStatus(output(version, 'lost-status'))
    expect(status?.leader).toBeUndefined()
    expect(status?.errors).toEqual(atLeast(version, '3.4') ? ['etcdserver: no leader'] : [])
  })

  test('without quorum the member list is not answered from 3.5 on', () => {
    const { exit, stdout } = recording(version, 'lost-members')
    const isAnswered = !atLeast(version, '3.5')
    expect(exit === 0).toBe(isAnswered)
    expect(parseMemberList(stdout) !== undefined).toBe(isAnswered)
  })

  test('endpoint hashkv: equal on all members', () => {
    const hashes = parseHashKv(output(version, 'three-hashkv')) ?? []
    expect(hashes).toHaveLength(3)
    for (const hash of hashes) expect(hash).toMatchObject({ revision: 21n, compactRevision: -1n, hash: 2556750460n })
  })

  test('alarms: none, and NOSPACE on a member whose quota is full', () => {
    expect(parseAlarms(output(version, 'one-alarms-none'))).toEqual([])
    const { memberId = '' } = parseEndpointStatus(output(version, 'full-status')) ?? {}
    expect(parseAlarms(output(version, 'full-alarms'))).toEqual([{ memberId, kind: 'NOSPACE' }])
  })

  test('endpoint health, in both forms, on whichever stream it comes', () => {
    const plain = recording(version, 'three-health-plain')
    expect(parseEndpointHealth(plain.stdout + plain.stderr)).toBe(true)
    expect(parseEndpointHealth(output(version, 'three-health'))).toBe(true)
    const down = recording(version, 'down-health-plain')
    expect(parseEndpointHealth(down.stdout + down.stderr)).toBe(false)
    expect(parseEndpointHealth(output(version, 'down-health'))).toBe(false)
  })

  test('an alarm makes a member unhealthy from 3.5 on', () => {
    const full = recording(version, 'full-health-plain')
    expect(parseEndpointHealth(full.stdout + full.stderr)).toBe(!atLeast(version, '3.5'))
    expect(parseEndpointHealth(output(version, 'full-health'))).toBe(!atLeast(version, '3.5'))
  })
})

describe.each(recordedVersions.filter((version) => atLeast(version, '3.4')))('a learner of %s', (version) => {
  test('has no name before its start', () => {
    const { members } = parseMemberList(output(version, 'learner-members-unstarted')) ?? {}
    expect(members?.filter(({ isLearner }) => isLearner)).toMatchObject([
      { name: '', peerUrls: ['http://127.0.0.1:23507'], clientUrls: [] },
    ])
    expect(members).toHaveLength(4)
  })

  test('says so in its status', () => {
    const statuses = parseEndpointStatuses(output(version, 'learner-status'))
    expect(statuses?.map(({ isLearner }) => isLearner)).toEqual([false, false, false, true])
  })
})

describe('what is left out, and what is odd', () => {
  test('the largest id', () => {
    const text =
      '{"header":{"cluster_id":18446744073709551615},"members":[{"ID":9007199254740993,"peerURLs":["http://a:1"]}]}'
    expect(parseMemberList(text)).toMatchObject({ clusterId: 'ffffffffffffffff', members: [{ id: '20000000000001' }] })
  })

  test.each([
    '',
    'null',
    '{}',
    '[]',
    '{"members":[]}',
    '{"header":{"cluster_id":18446744073709551616},"members":[]}',
    '{"header":{"cluster_id":1.5},"members":[]}',
    '{"header":{"cluster_id":"1"},"members":[]}',
    '{"header":{"cluster_id":1},"members":[{"ID":1,"isLearner":1}]}',
    'Error: context deadline exceeded',
    '{"header":{"cluster_id":1},"members":[',
  ])('no member list: %j', (text) => {
    expect(parseMemberList(text)).toBeUndefined()
  })

  test.each(['{"error":"etcdserver: no leader"}', '[]', '', 'memberID:1 alarm:NOSPACE'])(
    'not taken for "no alarm": %j',
    (text) => {
      expect(parseAlarms(text)).toBeUndefined()
    },
  )

  test('an alarm of a kind that is not known is told', () => {
    expect(parseAlarms('{"alarms":[{"memberID":1,"alarm":9}]}')).toEqual([{ memberId: '1', kind: 'unknown' }])
    expect(parseAlarms('{"alarms":[{"memberID":255,"alarm":2}]}')).toEqual([{ memberId: 'ff', kind: 'CORRUPT' }])
  })

  test.each(['', 'Error: unhealthy cluster', '[]', '{"health":true}', 'is healthy', 'x is unhealthy: failed'])(
    'not healthy: %j',
    (text) => {
      expect(parseEndpointHealth(text)).toBe(false)
    },
  )

  test('one unhealthy endpoint among healthy ones counts', () => {
    expect(parseEndpointHealth('a is healthy: took = 1ms\nb is unhealthy: failed to commit\n')).toBe(false)
  })
})

describe('whatever comes back, nothing is thrown', () => {
  const readers = [
    parseMemberList,
    parseEndpointStatuses,
    parseEndpointStatus,
    parseHashKv,
    parseAlarms,
    parseEndpointHealth,
  ]
  const real = recordedVersions.map((version) => output(version, 'three-status'))

  test('any text, any JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const reader of readers) reader(text)
      }),
    )
    for (const reader of readers) expect(() => reader('['.repeat(100_000))).not.toThrow()
  })

  test('real output that was cut off is unreadable, never half a cluster', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (text, part) => {
          const whole = text.trimEnd()
          expect(parseEndpointStatuses(whole.slice(0, Math.floor(whole.length * part)))).toBeUndefined()
        },
      ),
    )
  })

  test('real output with a byte changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...real), fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (text, at, other) => {
        const index = at % text.length
        const changed = text.slice(0, index) + other + text.slice(index + 1)
        for (const reader of readers) reader(changed)
      }),
    )
  })
})
