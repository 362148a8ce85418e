import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { startRecorder, type Recorder } from '../instruments/recorder.ts'
import type { Run } from '../instruments/run-cli.ts'
import { otherAddress } from '../lab/addresses.ts'
import {
  cutPort,
  healPorts,
  hostOutput,
  killHost,
  labHost,
  labReset,
  onHost,
  startHost,
  type NodeName,
} from '../lab/lab.ts'
import { told } from './kill/at-events.ts'
import { lockIsFree } from './kill/leftovers.ts'
import { clientsAt, expectHealthy } from './support/cluster.ts'
import { freshlyUp } from './support/freshly-up.ts'
import { message } from './support/message.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, expectDone, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'
import { untilHealthy } from './support/until-healthy.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const inTurn = hasTurn('members amid trouble')
const add = ['member add', 'node3', '--yes']
let site: Site

beforeAll(async () => {
  if (!inTurn) return
  await labReset(hosts)
  site = await freshlyUp(['node1', 'node2'])
})

afterAll(async () => {
  if (!inTurn) return
  site.remove()
  await labReset(hosts)
})

test.runIf(inTurn)(
  'an address that its host does not have: nobody is added, one member would wait for it for ever',
  { timeout: 300_000 },
  async () => {
    const { address } = labHost('node3')
    site.edit({
      nodes: { ...nodesOf('node1', 'node2'), node3: { address: otherAddress('node3'), ssh: { host: address } } },
    })
    onTestFinished(() => site.edit({ nodes: nodesOf(...hosts) }))
    const before = await hostOutput('node1', 'etcdctl member list')
    const run = await site.run(add)
    expect(run.code, told(run)).toBe(1)
    expect(wordsOf(run)).toContain(otherAddress('node3'))
    expect(eventsOf(run, 'change-begin')).toEqual([])
    expect(await hostOutput('node1', 'etcdctl member list')).toBe(before)
  },
)

test.runIf(inTurn)(
  'the host of the member that joins loses power as it starts: the others serve, and the command again finishes',
  { timeout: 600_000 },
  async () => {
    const recorder = await startRecorder(await clientsAt(site, { node3: undefined }))
    const running = site.run(add)
    await hostOutput('node3', 'for i in $(seq 1200); do pidof etcd && exit 0; sleep 0.05; done; exit 1')
    await killHost('node3')
    await startHost('node3')
    await expectFinished(await running, recorder)
  },
)

test.runIf(inTurn)(
  'cut off from its peers as it joins: it is waited for, votes no sooner than it has all, and the command again finishes',
  { timeout: 600_000 },
  async () => {
    await expectDone(site.run(['member remove', 'node3', '--yes']))
    site.edit({ nodes: nodesOf(...hosts) })
    const recorder = await startRecorder(await clientsAt(site, { node3: undefined }))
    const running = site.run(add)
    const { address } = labHost('node3')
    await hostOutput(
      'node1',
      `for i in $(seq 600); do etcdctl member list | grep ${address} && exit 0; sleep 0.05; done; exit 1`,
    )
    await cutPort('node3', 2380)
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    const learning = await hostOutput('node1', `etcdctl member list | grep ${labHost('node3').address}`)
    expect(learning).toMatch(/true\n$/)
    await healPorts('node3')
    await expectFinished(await running, recorder)
  },
)

test.runIf(inTurn)(
  'wiped, and its host boots: it does not start as a blank member, and replace brings it back',
  { timeout: 600_000 },
  async () => {
    await hostOutput('node2', 'systemctl stop etcd; rm -rf /var/lib/etcd/member')
    await killHost('node2')
    await startHost('node2')
    await untilHealthy(
      async () => (await onHost('node2', 'systemctl is-failed etcd')).stdout.trim() === 'failed' || refusedToStart(),
    )
    expect(await hostOutput('node2', 'ls -A /var/lib/etcd')).toBe('')
    const restart = await site.run(['restart', '--on', 'node2', '--yes'])
    expect(restart.code, told(restart)).toBe(3)
    expect(wordsOf(restart)).toMatch(/etcd-deploy member replace node2/)
    message('a member without data that shall be restarted', restart)
    expect(await hostOutput('node2', 'ls -A /var/lib/etcd')).toBe('')
    await expectDone(site.run(['member replace', 'node2', '--yes']))
    await expectWhole()
  },
)

test.runIf(inTurn)(
  'two of three as new: nothing forms a second cluster beside the third, with pki/ or without',
  { timeout: 600_000 },
  async () => {
    await labReset(['node2', 'node3'])
    const up = await site.run('up')
    expect(up.code, told(up)).toBe(3)
    expect(eventsOf(up, 'change-begin')).toEqual([])
    message('two of three hosts are new', up)
    const other = await newSite({ nodes: hosts })
    const stranger = await other.run(['up', '--yes'])
    other.remove()
    expect(stranger.code, told(stranger)).toBe(3)
    expect(eventsOf(stranger, 'change-begin')).toEqual([])
    for (const host of ['node2', 'node3'] as const)
      expect((await onHost(host, 'pidof etcd; ls -d /var/lib/etcd /etc/etcd')).stdout).toBe('')
  },
)

/** By itself, or by the command again; nothing was lost meanwhile. */
async function expectFinished(broken: Run, recorder: Recorder): Promise<void> {
  const again = broken.code === 0 ? broken : await site.run(add)
  const report = await recorder.stop()
  expect(again.code, `${told(broken)}\n${told(again)}`).toBe(0)
  expectUnharmed(report, { longestGapMs: 2000 })
  await expectWhole(broken)
}

async function refusedToStart(): Promise<boolean> {
  return (await onHost('node2', 'journalctl -u etcd -b --no-pager')).stdout.includes('refusing to start')
}

async function expectWhole(broken?: Run): Promise<void> {
  const said = broken === undefined ? '' : told(broken)
  await expectHealthy('node1')
  const list = await hostOutput('node1', 'etcdctl member list')
  expect(
    list
      .trim()
      .split('\n')
      .map((line) => line.split(', ').at(-1)),
    said,
  ).toEqual(['false', 'false', 'false'])
  const up = await site.run('up')
  expect(up.code, `${said}\n${told(up)}`).toBe(0)
  expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
  for (const host of hosts) {
    expect(await lockIsFree(host), `${said}: the lock of ${host}`).toBe(true)
    expect(await hostOutput(host, 'ls /var/lib/etcd-deploy/etcd'), said).toBe('formed.json\nready\n')
  }
}

function nodesOf(...names: NodeName[]) {
  return Object.fromEntries(names.map((name) => [name, { address: labHost(name).address }]))
}
