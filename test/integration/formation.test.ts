import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { cutPort, healPorts, hostOutput, killHost, labReset, onHost, startHost, type NodeName } from '../lab/lab.ts'
import { expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { message } from './support/message.ts'
import { newSite, type Site, type SiteOptions } from './support/site.ts'
import { eventsOf, expectDone, problemsOf, summaryOf, wordsOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']

beforeEach(async () => {
  await labReset(hosts)
})

async function siteFor(options: Partial<SiteOptions> = {}): Promise<Site> {
  const site = await newSite({ nodes: hosts, ...options })
  onTestFinished(() => site.remove())
  return site
}

async function tokens(): Promise<string[]> {
  const script = `sed -n 's/^ETCD_INITIAL_CLUSTER_TOKEN=//p' /etc/etcd/etcd.env`
  return Promise.all(hosts.map(async (host) => (await hostOutput(host, script)).trim()))
}

/** Events of a fresh up of three: the lock, the stage, six changes a host, then what is pushed as each starts, and its start. */
const lastBeforeStart = 2 + 2 * 3 * 6

test.each([
  { when: 'before any member starts', killAt: lastBeforeStart, started: false },
  { when: 'while members start', killAt: lastBeforeStart + 2, started: true },
  { when: 'as the first member has started and remembers', killAt: lastBeforeStart + 2 * 3 + 4, started: true },
])('a bootstrap that was killed $when goes on with its own token', async ({ killAt, started }) => {
  const site = await siteFor()
  const killed = await site.run('up', { killAt })
  expect(killed.signal).toBe('SIGKILL')
  expect(eventsOf(killed, 'change-begin').some(({ what }) => what.endsWith(' as the member starts'))).toBe(started)
  const begun = await tokens()
  expect(new Set(begun).size).toBe(1)
  await expectDone(site.run('up'))
  await expectHealthy('node1')
  expect(await tokens()).toEqual(begun)
  expect(summaryOf(await site.run('up')).changed).toEqual([])
})

test('Ctrl-C while members start ends tidily, and the same command goes on', async () => {
  const site = await siteFor()
  const run = await site.run('up', { killAt: lastBeforeStart + 1, signal: 'SIGINT' })
  expect(run.code).toBe(130)
  expect(wordsOf(run)).toMatch(/interrupted[^]*run the same command again/)
  message('Ctrl-C', run)
  await expectDone(site.run('up'))
  await expectHealthy('node1')
})

test('a peer port cut for 30 s while members start: up waits, says for whom, and ends well', async () => {
  const site = await siteFor()
  const running = site.run('up')
  // Preflight is over then, and the binaries are on their way.
  await untilFileOn('node3', '/opt/etcd/bin')
  await cutPort('node3', 2380, 'both')
  await sleep(30_000)
  await healPorts('node3')
  const run = await running
  expect(run.code, run.stdout).toBe(0)
  expect(run.seconds).toBeGreaterThan(30)
  const states = eventsOf(run, 'progress').filter(({ state }) => state !== undefined)
  const last = (host: string) => states.findLast((event) => event.host === host && event.state !== 'healthy')?.state
  expect(last('node3')).toBe('waiting for peers')
  const order = states.filter(({ state }) => state === 'healthy').map(({ host }) => host)
  expect(order.at(-1)).toBe('node3')
  await expectHealthy('node3')
})

test('settings with which members could not find each other: corrected, the bootstrap goes on', async () => {
  const site = await siteFor({ settings: { 'peer-cert-allowed-cn': 'nobody' } })
  site.edit({ ssh: { ...site.inventory.ssh, timeouts: { start: '8s' } } })
  const failed = await site.run('up')
  expect(failed.code).toBe(1)
  expect(new Set(problemsOf(failed).map(({ host }) => host))).toEqual(new Set(hosts))
  expect(wordsOf(failed)).toMatch(/the member did not come up/)
  message('settings with which members do not find each other', failed)
  const begun = await tokens()
  site.edit({ settings: {} })
  await expectDone(site.run('up'))
  await expectHealthy('node1')
  expect(await tokens()).toEqual(begun)
})

test('a host that was killed and boots again serves again by itself', async () => {
  const site = await siteFor()
  await expectDone(site.run('up'))
  await killHost('node2')
  await startHost('node2')
  await hostOutput('node1', 'timeout 30 sh -c "until etcdctl endpoint health --cluster; do sleep 0.2; done"')
  expect(summaryOf(await site.run('up')).changed).toEqual([])
})

test('a member whose disk is not mounted does not start as a new one, and says so in its journal', async () => {
  const site = await siteFor({ nodes: ['node1'] })
  await expectDone(site.run('up'))
  await hostOutput('node1', 'systemctl stop etcd; mv /var/lib/etcd/member /var/lib/etcd.kept')
  await onHost('node1', 'timeout 5 systemctl start etcd')
  expect(await hostOutput('node1', 'ls -A /var/lib/etcd')).toBe('')
  expect(await hostOutput('node1', 'journalctl -u etcd -n 20 -o cat --no-pager')).toMatch(
    /refusing to start: this member was ready once, but its data is not in \/var\/lib\/etcd; is a file system not mounted\?/,
  )
  await hostOutput('node1', 'systemctl stop etcd; mv /var/lib/etcd.kept /var/lib/etcd/member; systemctl start etcd')
  await expectHealthy('node1')
})

test('--on cannot narrow a bootstrap', async () => {
  const site = await siteFor()
  const before = await footprints(hosts)
  const run = await site.run(['up', '--on', 'node1'])
  expect(run.code).toBe(3)
  expect(wordsOf(run)).toMatch(/--on cannot narrow a bootstrap/)
  expect(await footprints(hosts)).toEqual(before)
})

async function untilFileOn(host: NodeName, path: string): Promise<void> {
  await hostOutput(host, `timeout 30 sh -c 'until [ -e ${path} ]; do sleep 0.02; done'`)
}
