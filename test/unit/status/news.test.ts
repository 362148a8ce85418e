import { expect, test } from 'vitest'
import type { ClusterStatus, MemberStatus } from '../../../src/status/model.ts'
import { isNews } from '../../../src/status/news.ts'
import { statusOf } from '../../../src/status/status-of.ts'
import { reading } from './samples.ts'

const well = statusOf(reading())
const [member, ...others] = well.members as [MemberStatus, ...MemberStatus[]]
const withMember = (parts: Partial<MemberStatus>): ClusterStatus => ({
  ...well,
  members: [{ ...member, ...parts }, ...others],
})
const warned = (message: string): ClusterStatus => ({ ...well, warnings: [{ host: 'node1', message, next: [] }] })

test.each<[string, ClusterStatus, ClusterStatus]>([
  ['time and revision', well, { ...well, time: '2030-01-01T00:00:00Z', revision: 99 }],
  ['sizes, indexes, uptime', well, withMember({ db: null, raft: null, upSeconds: 9 })],
  ['a number in a sentence', warned('its clock is 3.1 s ahead'), warned('its clock is 3.2 s ahead')],
])('%s are no news', (_, before, after) => {
  expect(isNews(before, after)).toBe(false)
})

test.each<[string, ClusterStatus]>([
  ['a member that is down', withMember({ health: 'unreachable' })],
  ['another leader', withMember({ role: member.role === 'leader' ? 'voter' : 'leader' })],
  ['a new version', withMember({ version: '3.7.3' })],
  ['an alarm', withMember({ alarms: [{ kind: 'NOSPACE', message: 'full', next: [] }] })],
  ['an election', { ...well, raftTerm: (well.raftTerm ?? 0) + 1 }],
  ['drift', { ...well, drift: { ...well.drift, refused: [{ host: null, message: 'no', next: [] }] } }],
  ['a warning', warned('something')],
])('%s is', (_, after) => {
  expect(isNews(well, after)).toBe(true)
  expect(isNews(after, well)).toBe(true)
})
