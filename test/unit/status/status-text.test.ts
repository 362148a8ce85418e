import { describe, expect, test } from 'vitest'
import { statusOf } from '../../../src/status/status-of.ts'
import type { ClusterStatus } from '../../../src/status/model.ts'
import { noColors } from '../../../src/ui/colors.ts'
import { statusText } from '../../../src/ui/status-text.ts'
import { away, cluster, metrics, reading, stopped } from './samples.ts'

function text(status: ClusterStatus, columns = 100): string {
  return statusText(status, { colors: noColors, columns })
}

const well = statusOf(reading())

test('a cluster that is well is a headline and a table, nothing else', () => {
  expect(text(well).split('\n\n')).toHaveLength(2)
  expect(text(well)).toMatch(/^✔ prod: 3 members, all healthy; survives 1 more failure\n/)
})

test.each([
  [{ voters: 5, healthy: 5, needed: 3, survives: 2 }, '5 members, all healthy; survives 2 more failures'],
  [{ voters: 3, healthy: 2, needed: 2, survives: 0 }, '3 members, 2 healthy; survives no more failure'],
  [{ voters: 3, healthy: 1, needed: 2, survives: -1 }, 'quorum is lost: 2 of 3 needed, 1 healthy'],
])('the headline of %o', (quorum, said) => {
  expect(text({ ...well, quorum }).split('\n')[0]).toContain(said)
})

test('whether there is quorum is not known where hosts could not be reached', () => {
  const quorum = { voters: 3, healthy: 0, needed: 2, survives: -2 }
  const unseen = well.members.map((member) => ({ ...member, health: 'unreachable' as const }))
  const headline = (members: typeof well.members): string | undefined =>
    text({ ...well, quorum, members, exitCode: 1 }).split('\n')[0]
  expect(headline(unseen)).toBe('✖ prod: not known whether there is quorum: 2 of 3 needed, 0 healthy, 3 not reached')
  const [first, ...others] = unseen
  if (first === undefined) throw new Error('no member')
  expect(headline([{ ...first, health: 'unhealthy' }, ...others])).toBe(
    '✖ prod: quorum is lost: 2 of 3 needed, 0 healthy',
  )
})

test('a host that could not be read: why, and what to do, in order', () => {
  const [first, ...others] = well.members
  if (first === undefined) throw new Error('no member')
  const away = { ...first, health: 'unreachable' as const, trouble: 'no answer', next: ['is it up?', 'is sshd?'] }
  expect(text({ ...well, members: [away, ...others] })).toContain(
    `✖ ${first.name}: unreachable: no answer\n    1. is it up?\n    2. is sshd?\n`.trimEnd(),
  )
})

describe('a headline that is no success says why', () => {
  const [first, ...others] = well.members
  if (first === undefined) throw new Error('no member')
  const link = { from: 'node1', to: 'node2', otherWay: true }
  const stranger = { ...first, name: 'node4', role: null, health: 'absent' as const, hostReached: true }
  const alarm = { kind: 'NOSPACE' as const, message: 'full', next: [] }

  test.each<[string, Partial<ClusterStatus>]>([
    ['all healthy, but 1 peer link down; survives 1 more failure', { brokenLinks: [link] }],
    [
      'all healthy, but 1 host not reached (node1); survives',
      { members: [{ ...first, hostReached: false }, ...others] },
    ],
    ['all healthy, but node4 is absent; survives', { members: [...well.members, stranger] }],
    [
      'all in quorum, but alarm NOSPACE; survives',
      { members: [{ ...first, health: 'alarm', alarms: [alarm] }, ...others] },
    ],
    [
      '3 members, 2 healthy; survives no more',
      { quorum: { voters: 3, healthy: 2, needed: 2, survives: 0 }, brokenLinks: [link] },
    ],
  ])('%s', (said, wrong) => {
    const [line] = text({ ...well, ...wrong, exitCode: 1 }).split('\n')
    expect(line).toContain('✖ prod: 3 members, ')
    expect(line).toContain(said)
  })
})

describe('the table', () => {
  const long = ['etcd-fra1-a', 'etcd-fra1-b', 'etcd-ams2-a', 'etcd-ams2-b', 'etcd-lhr3-a', 'etcd-lhr3-b', 'etcd-lhr3-c']
  const [sample] = well.members
  if (sample === undefined) throw new Error('no member')
  const seven = long.map((name, index) => ({
    ...sample,
    name,
    id: `8e9e05c52164694${index}`,
    role: 'learner' as const,
    health: index === 6 ? ('unreachable' as const) : ('unhealthy' as const),
    version: '3.6.16',
    db: { sizeBytes: 2_147_483_648, inUseBytes: 1_987_654_321, quotaBytes: 8_589_934_592 },
    raft: { term: 12, index: 123_456_789, appliedIndex: 123_456_000, lag: 789 },
    links: null,
    linksNotSeen: 'sshd does not forward connections',
    upSeconds: 123 * 86_400,
    certificates: [],
  }))

  test('of seven members with long names is readable on 100 columns: one line each, ids below', () => {
    const lines = text({ ...well, members: seven }).split('\n')
    for (const line of lines.filter((each) => long.some((name) => each.startsWith(`${name} `))))
      expect(line.length).toBeLessThanOrEqual(100)
    for (const name of long) expect(lines.filter((line) => line.startsWith(`${name} `))).toHaveLength(1)
    expect(lines.join('\n')).toMatch(/^ids: etcd-fra1-a 8e9e05c521646940, /m)
  })

  test('on a terminal that is too narrow for any table, one member stands after the other, with its id', () => {
    const shown = text(well, 60)
    expect(shown).toMatch(/^MEMBER +node1\nID +a1\nROLE +leader\n/m)
    expect(
      Math.max(
        ...shown
          .split('\n')
          .slice(2)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(60)
  })

  test('shows each member with its id where there is room', () => {
    expect(text(well)).toMatch(/^node1 +a1 +leader +healthy +3\.6\.16 +2\.0\/4\.0 KiB +0\.0% +0 +2\/2 +1m +–$/m)
  })
})

test('a member that is down says why, and how the links look is not told of it', () => {
  const three = cluster()
  const said = text(
    statusOf(reading({ node2: stopped(three, 'node2', { active: 'failed', result: 'exit-code' }), node3: away })),
  )
  expect(said).toMatch(/^✖ node2: stopped: it has failed: exit-code$/m)
  expect(said).toMatch(/^✖ node3: unreachable: no answer$/m)
  expect(said).not.toMatch(/not seen/)
})

test('a one-way link is told as such', () => {
  const wire = new Map([...reading().wire, ['node1', metrics({ b2: 0, c3: 1 })]])
  expect(text(statusOf(reading({}, { wire })))).toMatch(
    /^✖ node1: does not reach the peer port of node2; node2 reaches node1: the link is one-way/m,
  )
})

test('the same change of several hosts is told once', () => {
  const changes = ['node1', 'node3'].map((host) => ({ host, what: 'write /etc/etcd/etcd.env', why: 'it differs' }))
  const said = text(statusOf(reading({}, { drift: { kind: 'seen', changes, refused: [] } })))
  expect(said).toMatch(/up would change 2 hosts/)
  expect(said).toMatch(/^ +node1, node3: write \/etc\/etcd\/etcd\.env: it differs$/m)
})

test('what a host says cannot steer the terminal', () => {
  const warnings = [{ host: 'node1', message: 'clock \u001b[2J\u0007 off', next: [] }]
  expect(text(statusOf(reading({}, { warnings })))).toMatch(/^! node1: clock +off$/m)
})
