import { describe, expect, test } from 'vitest'
import { DeployError } from '../../../src/errors.ts'
import { statusOf } from '../../../src/status/status-of.ts'
import type { StatusReading } from '../../../src/status/reading.ts'
import { away, cluster, endpoint, etcd, host, memberEntries, metrics, reading, stopped, unit } from './samples.ts'

const three = cluster()

/** A host of `three` whose member answers something else. */
function answers(name: string, seen: Parameters<typeof etcd>[2], tells: Parameters<typeof etcd>[3] = {}) {
  return host(three, name, { etcd: etcd(three, name, seen, tells) })
}

function member(of: StatusReading, name: string) {
  const found = statusOf(of).members.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

describe('a cluster that is well', () => {
  const status = statusOf(reading())

  test('exits with 0 and survives one failure of three', () => {
    expect(status.exitCode).toBe(0)
    expect(status.quorum).toEqual({ voters: 3, healthy: 3, needed: 2, survives: 1 })
  })

  test('has one leader, and an id for each member', () => {
    expect(status.members.map(({ name, id, role }) => `${name} ${id} ${role}`)).toEqual([
      'node1 a1 leader',
      'node2 b2 voter',
      'node3 c3 voter',
    ])
  })
})

describe('members that do not serve', () => {
  test('one of three stopped: no further failure is survived', () => {
    const status = statusOf(reading({ node2: stopped(three, 'node2') }))
    expect(status.quorum).toMatchObject({ healthy: 2, survives: 0 })
    expect(status.members[1]).toMatchObject({ health: 'stopped', id: 'b2', role: 'voter' })
    expect(status.exitCode).toBe(1)
  })

  test('two of three stopped: quorum is lost by one, and the one that runs knows no leader', () => {
    const of = reading({
      node1: answers('node1', { healthy: false, members: undefined }, { leader: undefined }),
      node2: stopped(three, 'node2'),
      node3: stopped(three, 'node3'),
    })
    expect(statusOf(of).quorum).toEqual({ voters: 3, healthy: 0, needed: 2, survives: -2 })
    expect(member(of, 'node1')).toMatchObject({ health: 'unhealthy', role: 'voter' })
  })

  test('a unit that waits for quorum is starting, one that ends again and again is stopped', () => {
    const activating = unit({ active: 'activating', sub: 'start' })
    const failing = unit({ active: 'activating', sub: 'auto-restart', result: 'exit-code', restarts: 4 })
    const of = reading({
      node1: host(three, 'node1', { unit: activating, etcd: undefined }),
      node2: host(three, 'node2', { unit: failing, etcd: undefined, process: undefined }),
    })
    expect(member(of, 'node1').health).toBe('starting')
    expect(member(of, 'node2')).toMatchObject({ health: 'stopped' })
    expect(member(of, 'node2').trouble).toMatch(/exit-code.*4 times/)
  })

  test('what etcdctl says of an unhealthy member is one line', () => {
    const trouble =
      'http://127.0.0.1:2379 is unhealthy: failed to commit proposal: context deadline exceeded\nError: unhealthy cluster'
    expect(member(reading({ node2: answers('node2', { healthy: false, trouble }) }), 'node2').trouble).toBe(
      'failed to commit proposal: context deadline exceeded',
    )
  })
})

describe('a host that cannot be read', () => {
  test('nobody reaches its member: unreachable, with the reason, and it counts as lost', () => {
    const status = statusOf(reading({ node3: away }))
    expect(status.members[2]).toMatchObject({
      health: 'unreachable',
      trouble: 'no answer',
      next: ['is the host up?'],
      hostReached: false,
      id: 'c3',
    })
    expect(status.quorum.survives).toBe(0)
    expect(status.exitCode).toBe(1)
  })

  test('another member reaches its member: it votes, and the exit code still tells of the host', () => {
    const others = new Map([['http://10.0.0.3:2379', { healthy: true, status: endpoint('node3', { raftTerm: 3n }) }]])
    const of = reading({ node3: away }, { asked: { through: 'node1', alarms: [], others } })
    expect(member(of, 'node3')).toMatchObject({ health: 'healthy', version: '3.6.16', hostReached: false })
    expect(statusOf(of).quorum.survives).toBe(1)
    expect(statusOf(of).exitCode).toBe(1)
  })

  test('all of them: a row for each, by the inventory', () => {
    const of = reading({ node1: away, node2: away, node3: away }, { asked: undefined })
    expect(statusOf(of).members.map(({ health, id }) => [health, id])).toEqual(
      Array.from({ length: 3 }, () => ['unreachable', null]),
    )
    expect(statusOf(of).quorum).toEqual({ voters: 3, healthy: 0, needed: 2, survives: -2 })
  })
})

describe('members that etcd and the inventory do not both have', () => {
  test('one that only etcd has gets a row, and one that only the inventory has is absent', () => {
    const entries = memberEntries(three)
    const [first, second] = entries
    const stranger = { id: 'd4', name: 'old', peerUrls: ['http://10.0.0.9:2380'], clientUrls: [], isLearner: false }
    const members = [first, second, stranger].filter((entry) => entry !== undefined)
    const of = reading({
      node1: answers('node1', { members }),
      node2: answers('node2', { members }),
      node3: stopped(three, 'node3'),
    })
    expect(member(of, 'node3').health).toBe('absent')
    expect(member(of, 'old')).toMatchObject({ inInventory: false, health: 'unreachable', id: 'd4' })
    // node1, node2 and the stranger vote; node3 does not.
    expect(statusOf(of).quorum).toEqual({ voters: 3, healthy: 2, needed: 2, survives: 0 })
  })

  test('a learner is no voter, and healthy when it knows the leader, though it refuses the read', () => {
    const members = memberEntries(three).map((entry) => ({ ...entry, isLearner: entry.name === 'node3' }))
    const of = reading({
      node1: answers('node1', { members }),
      node2: answers('node2', { members }),
      node3: answers('node3', { healthy: false, members: undefined }, { isLearner: true }),
    })
    expect(member(of, 'node3')).toMatchObject({ role: 'learner', health: 'healthy' })
    expect(statusOf(of).quorum).toEqual({ voters: 2, healthy: 2, needed: 2, survives: 0 })
  })
})

describe('alarms', () => {
  const alarmed = (name: string) => answers(name, { healthy: false })
  const of = reading(
    { node1: alarmed('node1'), node2: alarmed('node2'), node3: alarmed('node3') },
    { asked: { through: 'node1', alarms: [{ memberId: 'b2', kind: 'NOSPACE' }], others: new Map() } },
  )

  test('etcdctl calls every member unhealthy; quorum is there all the same, and one member has the alarm', () => {
    expect(statusOf(of).members.map(({ health }) => health)).toEqual(['healthy', 'alarm', 'healthy'])
    expect(statusOf(of).quorum.survives).toBe(1)
    expect(statusOf(of).exitCode).toBe(1)
  })

  test('NOSPACE comes with the commands: compact at the present revision, defrag, disarm', () => {
    const [alarm] = member(of, 'node2').alarms ?? []
    expect(alarm?.kind).toBe('NOSPACE')
    const said = alarm?.next.join('\n') ?? ''
    expect(said).toMatch(/etcdctl compact 7\b[^]*etcdctl defrag[^]*etcdctl alarm disarm/)
  })

  test('with another service name the commands are those of its wrapper', () => {
    const named = cluster({ service: { name: 'etcd-events' } })
    const status = statusOf(
      reading(
        {},
        {
          cluster: named,
          asked: { through: 'node1', alarms: [{ memberId: 'a1', kind: 'NOSPACE' }], others: new Map() },
        },
      ),
    )
    expect(status.members[0]?.alarms?.[0]?.next.join('\n')).toContain('sudo etcdctl-etcd-events alarm disarm')
  })

  test('not told: null, not "none"', () => {
    expect(member(reading({}, { asked: undefined }), 'node1').alarms).toBeNull()
  })
})

describe('raft', () => {
  test('lag is what the leader has and the member has not applied', () => {
    const of = reading({ node2: answers('node2', {}, { raftAppliedIndex: 60n }) })
    expect(member(of, 'node2').raft).toEqual({ term: 3, index: 100, appliedIndex: 60, lag: 40 })
  })

  test('3.3 tells it in its metrics only', () => {
    const wire = new Map([['node2', metrics({}, { proposalsApplied: 90n })]])
    const node2 = answers('node2', {}, { raftAppliedIndex: undefined, version: '3.3.25' })
    expect(member(reading({ node2 }, { wire }), 'node2').raft?.lag).toBe(10)
    expect(member(reading({ node2 }, { wire: new Map() }), 'node2').raft?.lag).toBeNull()
  })

  test('a member that was read after the leader is not ahead of it', () => {
    const of = reading({ node2: answers('node2', {}, { raftAppliedIndex: 103n }) })
    expect(member(of, 'node2').raft?.lag).toBe(0)
  })

  test('who leads in an older term leads no longer', () => {
    const of = reading({ node3: answers('node3', { healthy: false }, { leader: 'c3', raftTerm: 2n }) })
    expect(
      statusOf(of)
        .members.filter(({ role }) => role === 'leader')
        .map(({ name }) => name),
    ).toEqual(['node1'])
  })
})

describe('the quota', () => {
  const without = (environment: Record<string, string>) => {
    const before = etcd(three, 'node1', {}, { quotaBytes: undefined })
    return reading({ node1: host(three, 'node1', { etcd: before, process: { executable: '', upS: 1, environment } }) })
  }

  test.each([
    [{}, 2 ** 31],
    [{ ETCD_QUOTA_BACKEND_BYTES: '0' }, 2 ** 31],
    [{ ETCD_QUOTA_BACKEND_BYTES: '8589934592' }, 8 * 2 ** 30],
    [{ ETCD_QUOTA_BACKEND_BYTES: '-1' }, null],
  ])('of a member started with %j, before 3.6 tells it, is %s', (environment, quota) => {
    expect(member(without(environment as Record<string, string>), 'node1').db?.quotaBytes).toBe(quota)
  })
})

describe('peer links', () => {
  test('one way down: named with the other way, and the exit code tells', () => {
    const of = reading({}, { wire: new Map([...reading().wire, ['node1', metrics({ b2: 0, c3: 1 })]]) })
    expect(statusOf(of).brokenLinks).toEqual([{ from: 'node1', to: 'node2', otherWay: true }])
    expect(statusOf(of).members.map(({ health }) => health)).toEqual(['healthy', 'healthy', 'healthy'])
    expect(statusOf(of).exitCode).toBe(1)
  })

  test('to a member that does not run no link is missed', () => {
    const wire = new Map([...reading().wire, ['node1', metrics({ b2: 0, c3: 1 })]])
    expect(statusOf(reading({ node2: stopped(three, 'node2') }, { wire })).brokenLinks).toEqual([])
  })

  test('a member that never reached anyone has no line in its metrics: from 3.4 on that means down, before it means nothing', () => {
    const wire = new Map([...reading().wire, ['node1', metrics({})]])
    expect(member(reading({}, { wire }), 'node1').links?.map(({ up }) => up)).toEqual([false, false])
    const node1 = answers('node1', {}, { version: '3.3.25' })
    const old = member(reading({ node1 }, { wire }), 'node1')
    expect(old.links).toBeNull()
    expect(old.linksNotSeen).toContain('3.3.25')
  })
})

describe('what is to be done', () => {
  const change = { host: 'node2', what: 'restart the member', why: 'it runs with …', takesDown: 'node2' }

  test('drift exits with 4 and says who restarts', () => {
    const status = statusOf(reading({}, { drift: { kind: 'seen', changes: [change], refused: [] } }))
    expect(status.exitCode).toBe(4)
    expect(status.drift.changes).toEqual([
      { host: 'node2', what: 'restart the member', why: 'it runs with …', restarts: true },
    ])
  })

  test('what up would refuse is drift too; what could not be seen is none', () => {
    const refused = [new DeployError({ message: 'etcd 3.5.30 runs here', host: 'node1', next: 'upgrade' })]
    expect(statusOf(reading({}, { drift: { kind: 'seen', changes: [], refused } })).exitCode).toBe(4)
    expect(statusOf(reading({}, { drift: { kind: 'not-seen', why: 'there is no pki/ here' } })).exitCode).toBe(0)
  })

  test('what is broken goes before what differs', () => {
    const of = reading({ node2: stopped(three, 'node2') }, { drift: { kind: 'seen', changes: [change], refused: [] } })
    expect(statusOf(of).exitCode).toBe(1)
  })

  test('an unfinished operation names the command that finishes it and who holds its record', () => {
    const operation = {
      name: 'change-ip',
      args: {},
      finish: 'etcd-deploy change-ip node2 10.0.0.9',
      since: '',
      controller: '',
      told: [],
    }
    const status = statusOf(reading({ node2: host(three, 'node2', { operation }) }, { operation }))
    expect(status.operation).toMatchObject({ finish: operation.finish, seenOn: ['this machine', 'node2'] })
    expect(status.exitCode).toBe(4)
  })
})
