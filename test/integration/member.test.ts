import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { startRecorder } from '../instruments/recorder.ts'
import { hostOutput, killHost, labHost, labReset, labUp, type NodeName } from '../lab/lab.ts'
import { clientsAt, expectHealthy } from './support/cluster.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3', 'node4']
const inTurn = hasTurn('members')
let site: Site

beforeAll(async () => {
  if (!inTurn) return
  await labUp({ hosts: 4 })
  await labReset(hosts)
  site = await newSite({ nodes: ['node1'] })
  const { code, stdout } = await site.run('up')
  expect(code, stdout).toBe(0)
})

afterAll(async () => {
  if (!inTurn) return
  site.remove()
  await labReset(hosts)
})

test.runIf(inTurn)(
  'one member becomes three under load; up names the commands and changes nothing',
  { timeout: 300_000 },
  async () => {
    site.edit({ nodes: nodesOf('node1', 'node2', 'node3') })
    const up = await site.run('up')
    expect(up.code, up.stdout).toBe(3)
    expect(wordsOf(up)).toMatch(/^etcd-deploy member add node2$/m)
    expect(wordsOf(up)).toMatch(/^etcd-deploy member add node3$/m)
    expect(summaryOf(up).changed).toEqual([])
    const recorder = await startRecorder(await clientsAt(site, { node2: undefined, node3: undefined }))
    const run = await site.run(['member add', 'node2', 'node3'])
    const report = await recorder.stop()
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expectUnharmed(report)
    await expectWhole(3)
  },
)

test.runIf(inTurn)(
  'a member whose disk was wiped: up leads to member replace, which brings it back as a new one',
  { timeout: 300_000 },
  async () => {
    const before = await idOf('node2')
    await hostOutput('node2', 'systemctl stop etcd; rm -rf /var/lib/etcd/member')
    const up = await site.run('up')
    expect(up.code, up.stdout).toBe(3)
    expect(wordsOf(up)).toMatch(/etcd-deploy member replace node2/)
    const recorder = await startRecorder(await clientsAt(site, { node2: undefined }))
    const run = await site.run(['member replace', 'node2'])
    const report = await recorder.stop()
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expectUnharmed(report)
    expect(await idOf('node2')).not.toBe(before)
    await expectWhole(3)
  },
)

test.runIf(inTurn)(
  'a member whose host is alive is replaced: its data is set aside',
  { timeout: 300_000 },
  async () => {
    const refused = await site.run(['member replace', 'node3'])
    expect(refused.code, refused.stdout).toBe(3)
    const recorder = await startRecorder(await clientsAt(site, { node3: undefined }))
    const run = await site.run(['member replace', 'node3', '--yes'])
    const report = await recorder.stop()
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expectUnharmed(report)
    expect(await hostOutput('node3', 'ls /var/lib/etcd')).toMatch(/^member\.\d{4}-/m)
    await expectWhole(3)
  },
)

test.runIf(inTurn)(
  'a dead host: another takes its place, and the inventory says so',
  { timeout: 300_000 },
  async () => {
    await killHost('node3')
    const address = labHost('node4').address
    const run = await site.run(['member replace', 'node3', '--with', address, '--yes'])
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(await hostOutput('node1', 'etcdctl member list')).toContain(`https://${address}:2380`)
    await expectWhole(3)
  },
)

test.runIf(inTurn)('with one of three down nobody is added, and the arithmetic is told', async () => {
  await hostOutput('node2', 'systemctl stop etcd')
  site.edit({
    nodes: {
      ...site.inventory.nodes,
      node3: { address: labHost('node4').address },
      node5: { address: '10.213.96.99' },
    },
  })
  const run = await site.run(['member add', 'node5'])
  expect(run.code, run.stdout).toBe(3)
  expect(wordsOf(run)).toMatch(/a cluster of 4 must have 3 healthy, 2 are/)
  expect(eventsOf(run, 'change-begin')).toEqual([])
})

async function expectWhole(members: number): Promise<void> {
  await expectHealthy('node1')
  const list = await site.run(['member list'])
  expect(list.code, list.stdout).toBe(0)
  expect((JSON.parse(list.stdout) as { members: { role: string }[] }).members.map(({ role }) => role)).toEqual(
    Array.from({ length: members }, () => 'voter'),
  )
  const hashes = JSON.parse(await hostOutput('node1', 'etcdctl endpoint hashkv --cluster -w json')) as {
    HashKV: { hash: number }
  }[]
  expect(new Set(hashes.map(({ HashKV }) => HashKV.hash)).size).toBe(1)
  const up = await site.run('up')
  expect(up.code, wordsOf(up)).toBe(0)
  expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
  const status = await site.run('status')
  expect(status.code, status.stdout).toBe(0)
}

async function idOf(name: string): Promise<string | undefined> {
  const list = await site.run(['member list'])
  const { members } = JSON.parse(list.stdout) as { members: { name: string; id: string }[] }
  return members.find((member) => member.name === name)?.id
}

function nodesOf(...names: NodeName[]) {
  return Object.fromEntries(names.map((name) => [name, { address: labHost(name).address }]))
}
