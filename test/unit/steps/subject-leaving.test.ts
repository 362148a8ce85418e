import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Cluster } from '../../../src/inventory/model.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import type { HostSeen, Seen } from '../../../src/steps/seen.ts'
import { EtcdSubject, type SubjectOptions } from '../../../src/steps/subject.ts'
import { away, cluster, etcd, host, memberEntries, stopped } from '../status/samples.ts'

const dir = join(mkdtempSync(join(tmpdir(), 'leaving-')), 'pki')
const of: Cluster = { ...cluster({ binaries: { installed: '/usr/bin' } }), pki: { dir } }
const rest: Cluster = { ...of, nodes: of.nodes.slice(0, 2) }
const node3 = of.nodes[2]!
const leaves = { name: 'node3', id: 'c3', node: node3 }
const addresses = (name: string) => [
  { address: of.nodes.find((node) => node.name === name)?.peer.address ?? '', device: 'eth0' },
]
const whole = new Map(
  ['', '/snap', '/wal'].map((below) => [
    `/var/lib/etcd/member${below}`,
    { type: 'directory' as const, mode: 0o700, owner: 'etcd', group: 'etcd', size: 1, modifiedS: 1 },
  ]),
)
const space = new Map([['/var/lib/etcd', { freeKiB: 99_999_999, fileSystem: 'ext2/ext3' }]])

function seen(members = memberEntries(of), hosts: Record<string, HostSeen> = {}): Seen {
  const all = of.nodes.map(({ name }): [string, HostSeen] => [
    name,
    hosts[name] ??
      host(of, name, { etcd: etcd(of, name, { members }), files: whole, addresses: addresses(name), space }),
  ])
  return { hosts: new Map(all) }
}

async function subjectOf(options: Partial<SubjectOptions>): Promise<EtcdSubject> {
  const { signal } = new AbortController()
  const subject = new EtcdSubject({ cluster: rest, emit: () => {}, signal, may: 'change', ...options })
  await subject.open()
  return subject
}

async function refusals(now: Seen, options: Partial<SubjectOptions> = { leaves, withoutUnreachable: true }) {
  const subject = await subjectOf(options)
  return subject.check(now).flatMap(({ error, warning }) => (warning === undefined ? error : []))
}

test.each<[string, Seen]>([
  ['all serve', seen()],
  ['its host is away', seen(undefined, { node3: away })],
  ['its data is gone', seen(undefined, { node3: stopped(of, 'node3') })],
  ['etcd has forgotten it already', seen(memberEntries(rest), { node3: stopped(of, 'node3') })],
])('%s: nothing refuses, and what is wanted is wanted of the others', async (_, now) => {
  expect(await refusals(now)).toEqual([])
  const subject = await subjectOf({ leaves, withoutUnreachable: true })
  const want = await subject.prepare(now, { purpose: 'plan' })
  expect([...(want?.members.keys() ?? [])]).toEqual(['node1', 'node2'])
  expect(want?.leaves).toEqual({ name: 'node3', id: 'c3' })
  expect(want?.members.get('node1')?.env.content).toMatchObject({ kind: 'bytes' })
  const { content } = want!.members.get('node1')!.env
  const text = content.kind === 'bytes' ? Buffer.from(content.bytes).toString() : ''
  expect(text).toContain('ETCD_INITIAL_CLUSTER=node1=http://10.0.0.1:2380,node2=http://10.0.0.2:2380\n')
})

test('an inventory that still names it is no difference', async () => {
  const subject = await subjectOf({ cluster: of, leaves, withoutUnreachable: true })
  const want = await subject.prepare(seen(), { purpose: 'plan' })
  expect(want?.cluster.nodes).toEqual(rest.nodes)
})

test('its host is asked as its node says; one that nobody knows is not asked', async () => {
  const known = await subjectOf({ leaves })
  expect(known.looks('node3', 'amid changes').map(({ name }) => name)).toEqual(['host', 'etcd'])
  const unknown = await subjectOf({ leaves: { name: 'node3', id: 'c3' } })
  expect(unknown.looks('node3')).toEqual([])
})

test('where others are too few by now, it is refused, also when it was begun before', async () => {
  const now = seen(undefined, { node2: stopped(of, 'node2') })
  const [error] = await refusals(now)
  expect(error).toMatchObject({ exitCode: 3, answered: 'the others must have 2 healthy, 1 are (not healthy: node2)' })
  // Once it has left there is nothing to refuse any more.
  const two = memberEntries(rest)
  const node1After = host(of, 'node1', {
    etcd: etcd(of, 'node1', { members: two }),
    addresses: addresses('node1'),
    space,
  })
  const left = seen(two, { node1: node1After, node2: stopped(of, 'node2'), node3: away })
  expect((await refusals(left)).map(({ message }) => message)).not.toContainEqual(expect.stringContaining('removed'))
})

test('another member that only etcd has is let be meanwhile; without a removal it is refused', async () => {
  const members = [
    ...memberEntries(of),
    { id: 'd4', name: 'old', peerUrls: ['http://x:2380'], clientUrls: [], isLearner: false },
  ]
  const leaving = await subjectOf({ leaves })
  expect(await leaving.prepare(seen(members), { purpose: 'plan' })).toBeDefined()
  const up = await subjectOf({ cluster: of, may: 'form' })
  await expect(up.prepare(seen(members), { purpose: 'plan' })).rejects.toMatchObject({
    message: 'etcd has a member old that the inventory does not have',
    next: expect.arrayContaining(['etcd-deploy member remove old']) as string[],
  })
})

test('a host that is still to be cleared is a warning of up, as long as it is nobody else’s', async () => {
  const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays: 365 } as const
  await createPki(dir, of.name, tls, new Date())
  const store = await openPki(dir, of.name)
  await store?.rememberLeft({ node: node3, memberId: 'c3', since: '2026-11-20T10:00:00Z' })
  const told = async (of_: Cluster, now: Seen) => {
    const subject = await subjectOf({ cluster: of_, may: 'form' })
    return subject.check(now).filter(({ error }) => error.host === 'node3' && /still to be cleared/.test(error.message))
  }
  const left = seen(memberEntries(rest), { node3: away })
  const [problem] = await told(rest, left)
  expect(problem).toMatchObject({ warning: true })
  expect(problem?.error.message).toContain('2026-11-20')
  expect(problem?.error.next).toContain('once it answers: etcd-deploy member remove node3')
  expect(problem?.error.next.join('\n')).toContain('systemctl disable --now etcd.service')
  // Not while etcd has it still, nor where the inventory has it again, or another at its address.
  expect(await told(rest, seen())).toEqual([])
  expect(await told(of, left)).toEqual([])
  expect(await told({ ...rest, nodes: [...rest.nodes, { ...node3, name: 'node4' }] }, left)).toEqual([])
})
