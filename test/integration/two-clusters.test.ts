import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Inventory } from '../../src/inventory/define.ts'
import { hostOutput, labHost, onHost, type NodeName } from '../lab/lab.ts'
import { freshlyUp } from './support/freshly-up.ts'
import { newSite, type Site } from './support/site.ts'
import { expectDone, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const inTurn = hasTurn('two clusters')
const hosts: NodeName[] = ['node1', 'node2', 'node3']
const paths = { bin: '/opt/etcd-events/bin', config: '/etc/etcd-events', data: '/var/lib/etcd-events' }
let main: Site
let events: Site

beforeAll(async () => {
  main = await freshlyUp(hosts)
  events = await newSite({
    nodes: hosts,
    cluster: 'events',
    service: { name: 'etcd-events', user: 'etcd-events', group: 'etcd-events' },
    paths,
  })
  events.edit({ nodes: nodesAt(12_379, 12_380) })
  await hostOutput('node1', 'etcdctl put who main')
})

afterAll(() => {
  main.remove()
  events.remove()
})

function nodesAt(client: number, peer: number): Inventory['nodes'] {
  return Object.fromEntries(
    hosts.map((name) => [name, { address: labHost(name).address, client: { port: client }, peer: { port: peer } }]),
  )
}

/** What is a cluster's own on a host, and since when its member runs. */
function own(host: NodeName, which: 'main' | 'events'): Promise<string> {
  const [service, wrapper, bin, config] =
    which === 'main'
      ? ['etcd', 'etcdctl', '/opt/etcd/bin', '/etc/etcd']
      : ['etcd-events', 'etcdctl-etcd-events', paths.bin, paths.config]
  return hostOutput(
    host,
    `find ${bin} ${config} ${config}-admin /etc/systemd/system/${service}.service /usr/local/bin/${wrapper} \\
       /var/lib/etcd-deploy/${service} -printf '%p %M %u:%g %T@\\n' | sort
     systemctl show ${service} -p UnitFileState,MainPID,ExecMainStartTimestampMonotonic,NRestarts`,
  )
}

function ownOnAll(which: 'main' | 'events'): Promise<string[]> {
  return Promise.all(hosts.map((host) => own(host, which)))
}

test.runIf(inTurn).each<[string, Partial<Inventory>, RegExp, number?]>([
  ['binaries', { paths: { ...paths, bin: '/opt/etcd/bin' } }, /\/opt\/etcd\/bin holds the binaries of cluster test/],
  ['settings', { paths: { ...paths, config: '/etc/etcd' } }, /\/etc\/etcd holds the settings of cluster test/],
  ['data', { paths: { ...paths, data: '/var/lib/etcd' } }, /\/var\/lib\/etcd holds the data of a member/],
  ['ports', { nodes: nodesAt(2379, 2380) }, /client port 2379 is taken by another program/, 1],
  ['unit', { service: { name: 'etcd' } }, /belongs to cluster test/],
])('one that would take the %s of the other is refused, and changes nothing', async (_, keys, words, code = 3) => {
  const inventory = events.inventory
  const before = await ownOnAll('main')
  onTestFinished(() => events.edit(inventory))
  events.edit(keys)
  for (const command of [['up'], ['down', '--yes']]) {
    const run = await events.run(command)
    // There is nothing of its own to end where only ports are shared, or binaries, which stay then.
    if (command[0] === 'up') {
      expect(run.code, run.stdout).toBe(code)
      expect(wordsOf(run)).toMatch(words)
    }
    expect(summaryOf(run).changed).toEqual([])
    expect(await ownOnAll('main')).toEqual(before)
  }
})

test.runIf(inTurn)(
  'beside the first one the second comes up, and each has its data; the first is not touched',
  async () => {
    const before = await ownOnAll('main')
    await expectDone(events.run('up'))
    await hostOutput('node2', 'etcdctl-etcd-events put who events')
    expect(await hostOutput('node3', 'etcdctl get who --print-value-only')).toBe('main\n')
    expect(await hostOutput('node3', 'etcdctl-etcd-events get who --print-value-only')).toBe('events\n')
    expect(await ownOnAll('main')).toEqual(before)
    for (const site of [main, events]) {
      const again = await site.run('up')
      expect(again.code, again.stdout).toBe(0)
      expect(summaryOf(again).changed).toEqual([])
      await expectDone(site.run('status'))
    }
  },
)

test.runIf(inTurn)('both can be changed at once', async () => {
  await Promise.all([expectDone(main.run('restart')), expectDone(events.run('restart'))])
  for (const wrapper of ['etcdctl', 'etcdctl-etcd-events'])
    await hostOutput('node1', `${wrapper} endpoint health --cluster`)
})

test.runIf(inTurn)(
  'the first one ends, and the second goes on with all that it has; the first may come again',
  async () => {
    const before = await ownOnAll('events')
    await expectDone(main.run(['down', '--yes']))
    expect(await ownOnAll('events')).toEqual(before)
    expect(await hostOutput('node1', 'etcdctl-etcd-events get who --print-value-only')).toBe('events\n')
    expect((await onHost('node1', 'ls -d /opt/etcd /etc/etcd /usr/local/bin/etcdctl')).stdout).toBe('')
    await expectDone(main.run('up'))
    await hostOutput('node1', 'etcdctl endpoint health --cluster')
  },
)

test.runIf(inTurn)('the second one ends, and the first goes on', async () => {
  const before = await ownOnAll('main')
  await expectDone(events.run(['down', '--yes']))
  expect(await ownOnAll('main')).toEqual(before)
  await hostOutput('node1', 'etcdctl endpoint health --cluster')
  const left = `ls -d ${paths.bin} ${paths.config}* /usr/local/bin/etcdctl-etcd-events /var/lib/etcd-deploy/etcd-events`
  expect((await onHost('node1', left)).stdout).toBe('')
})
