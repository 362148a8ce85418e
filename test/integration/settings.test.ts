import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { startRecorder } from '../instruments/recorder.ts'
import { runEtcdDeploy } from '../instruments/run-cli.ts'
import { hostOutput, labReset, type NodeName } from '../lab/lab.ts'
import { clientsOf, expectHealthy, leadership } from './support/cluster.ts'
import { footprint, footprints } from './support/footprint.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, expectDone, summaryOf, takenDown, wordsOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const good = { 'heartbeat-interval': '200ms', 'election-timeout': '2s' } as const
/** A value that no table refuses, and with which etcd ends at once. */
const bad = { ...good, 'log-outputs': '/nonexistent/etcd.log' } as const
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts })
  await expectDone(site.run('up'))
})

afterAll(() => site.remove())

test('plan shows the difference and who would restart, the leader last, and changes nothing', async () => {
  const { leader } = await leadership('node1')
  const before = await footprints(hosts)
  site.edit({ settings: good })
  const run = await runEtcdDeploy(['plan', site.file, '--detailed-exitcode'], { timeoutMs: 60_000, env: site.env })
  expect(run.code, run.stdout + run.stderr).toBe(4)
  expect(run.stdout).toMatch(/^ *\+ETCD_HEARTBEAT_INTERVAL=200$/m)
  const followers = hosts.filter((host) => host !== leader)
  expect(run.stdout).toContain(`in this order: ${[...followers, leader].join(', ')}.`)
  expect(await footprints(hosts)).toEqual(before)
})

test('plan --json holds every wave; without --detailed-exitcode differences are no failure', async () => {
  const { code, stdout } = await site.run('plan')
  expect(code).toBe(0)
  const planned = stdout.split('\n').find((line) => line.includes('"type":"plan"')) ?? ''
  const { waves } = JSON.parse(planned) as { waves: { takesDown?: string }[][] }
  expect(waves.map((wave) => wave.length)).toEqual([1, 1, 1])
})

test('new settings restart one member at a time, the leader last after handing over, and nothing is lost', async () => {
  const before = await leadership('node1')
  const beganS = Math.floor(Date.now() / 1000)
  const recorder = await startRecorder(await clientsOf(site))
  const run = await site.run('up')
  const report = await recorder.stop()
  expect(run.code, run.stdout).toBe(0)
  expect(takenDown(run).at(-1)).toBe(before.leader)
  expect(takenDown(run).toSorted()).toEqual(hosts)
  const starts = run.events.filter(({ type }) => type === 'change-begin' || type === 'change-end')
  expect(starts.map(({ type }) => type)).toEqual(hosts.flatMap(() => ['change-begin', 'change-end']))
  expect((await leadership('node1')).term).toBeLessThanOrEqual(before.term + 1)
  // etcd itself hands over when it is stopped; that it had nothing left to hand over tells that it was done before.
  const stopping = await hostOutput(
    before.leader as NodeName,
    `journalctl -u etcd -o cat --no-pager --since=@${beganS}`,
  )
  expect(stopping).toMatch(/skipped leadership transfer.*local server is not leader/)
  expectUnharmed(report, { longestGapMs: 2000 })
  for (const host of hosts) expect(await runningWith(host), host).toMatch(/^ETCD_HEARTBEAT_INTERVAL=200$/m)
})

test('then there is nothing to change', async () => {
  const { code } = await site.run(['plan', '--detailed-exitcode'])
  expect(code).toBe(0)
})

test('--on narrows who may change; the others wait for their turn', async () => {
  site.edit({ settings: { ...good, 'snapshot-count': 20_000 } })
  const run = await site.run(['up', '--on', 'node2'])
  expect(run.code, run.stdout).toBe(0)
  expect(takenDown(run)).toEqual(['node2'])
  const rest = await site.run('up')
  expect(takenDown(rest).toSorted()).toEqual(['node1', 'node3'])
})

test('a member that does not come back gets its previous files, and the others are not touched', async () => {
  const before = await footprints(hosts)
  const kept = site.inventory.settings ?? {}
  site.edit({ settings: { ...kept, ...bad } })
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(1)
  expect(wordsOf(run)).toMatch(/\/nonexistent/)
  expect(wordsOf(run)).toMatch(/previous files were put back and it is healthy again/)
  const [first, ...others] = takenDown(run) as NodeName[]
  expect(others).toEqual([])
  for (const [index, host] of hosts.entries()) {
    if (host === first) expect(await runningWith(host)).not.toMatch(/LOG_OUTPUTS/)
    else expect(await footprint(host), host).toBe(before[index])
  }
  await expectHealthy('node1')
  site.edit({ settings: kept })
  const good = await site.run('up')
  expect(good.code, good.stdout).toBe(0)
  expect(takenDown(good)).toEqual([])
})

test('the controller killed while a bad setting is tried: the good inventory converges', async () => {
  const kept = site.inventory.settings ?? {}
  const before = await footprints(hosts)
  site.edit({ settings: { ...kept, ...bad } })
  // lock, stage, the first change begun
  const killed = await site.run('up', { killAt: 3 })
  expect(killed.signal).toBe('SIGKILL')
  const first = takenDown(killed)[0]
  site.edit({ settings: kept })
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(0)
  await expectHealthy('node1')
  for (const [index, host] of hosts.entries()) {
    if (host !== first) expect(await footprint(host), host).toBe(before[index])
  }
  expect(summaryOf(await site.run('up')).changed).toEqual([])
})

test('a member that is down is started before any is restarted, and no quorum is risked', async () => {
  await hostOutput('node3', 'systemctl stop etcd')
  site.edit({ settings: { ...good, 'snapshot-count': 30_000 } })
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(0)
  const [firstChange] = eventsOf(run, 'change-begin')
  expect(firstChange?.host).toBe('node3')
  expect(takenDown(run).toSorted()).toEqual(['node1', 'node2'])
})

function runningWith(host: NodeName): Promise<string> {
  return hostOutput(host, `tr '\\0' '\\n' </proc/$(systemctl show etcd -p MainPID --value)/environ`)
}
