import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPki } from '../../src/pki/open.ts'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { keepShakingHands, shakeHands } from '../instruments/handshakes.ts'
import { startRecorder } from '../instruments/recorder.ts'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { hostOutput, killHost, labHost, labReset, startHost, type NodeName } from '../lab/lab.ts'
import { clientsOf, expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { differing, servedSerials, startTimes } from './support/leaves.ts'
import { hasTurn } from './support/turn.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, expectDone, summaryOf, takenDown, wordsOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const everyLeaf = hosts.flatMap((host) => [`${host} server`, `${host} peer`])
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts })
  await expectDone(site.run('up'))
})

afterAll(() => site.remove())

test('new leaves are served by all under load; nothing fails, nothing is lost, nobody restarts', async () => {
  const [before, started] = [await servedSerials(hosts), await startTimes(hosts)]
  const clients = await clientsOf(site)
  const recorder = await startRecorder(clients)
  const ports = hosts.map((host) => ({ host: labHost(host).address, port: 2379 }))
  const handshakes = keepShakingHands(ports, clients.tls ?? { ca: '' })
  const run = await site.run('rotate-certs')
  const { succeeded, failed } = await handshakes.stop()
  const report = await recorder.stop()
  expect(run.code, run.stdout).toBe(0)
  expectUnharmed(report, { longestGapMs: 1000 })
  expect(report.failedReads).toBe(0)
  console.log(`${succeeded} new connections, ${failed.length} refused ${failed.join('; ')}`)
  expect(succeeded).toBeGreaterThan(100)
  // etcd reads certificate and key one after the other: in the very instant between, one is refused, and the next is not.
  expect(failed.length).toBeLessThanOrEqual(hosts.length)
  expect(new Set(failed.map((line) => line.split(': ')[0])).size).toBe(failed.length)
  expect(differing(before, await servedSerials(hosts)).toSorted()).toEqual(everyLeaf.toSorted())
  expect(await startTimes(hosts)).toEqual(started)
  expect(summaryOf(run).changed.toSorted()).toEqual(hosts)
  expect(summaryOf(run).restarted).toEqual([])
  expect(notesOf(run)).toMatch(/seen in handshakes: the newest certificates on node1, node2, node3/)
  await expectHealthy('node1')
})

test('a rerun of up finds nothing to do', async () => {
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(0)
  expect(summaryOf(run)).toMatchObject({ changed: [], restarted: [] })
})

test('--only and --on narrow which leaves are replaced', async () => {
  const before = await servedSerials(hosts)
  const run = await site.run(['rotate-certs', '--only', 'peer', '--on', 'node2'])
  expect(run.code, run.stdout).toBe(0)
  expect(differing(before, await servedSerials(hosts))).toEqual(['node2 peer'])
  expect(summaryOf(run).changed).toEqual(['node2'])
  const admin = await adminSerial()
  const clients = await site.run(['rotate-certs', '--only', 'client'])
  expect(clients.code, clients.stdout).toBe(0)
  expect(await adminSerial()).not.toBe(admin)
  expect(differing(before, await servedSerials(hosts))).toEqual(['node2 peer'])
  await expectHealthy('node3')
})

test('--if-expiring: silence and exit 0 when nothing is due, for a cron job', async () => {
  const before = await footprints(hosts)
  const run = await runEtcdDeploy(['rotate-certs', site.file, '--if-expiring', '30d'], {
    timeoutMs: 60_000,
    env: site.env,
  })
  expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' })
  expect(await footprints(hosts)).toEqual(before)
})

test.runIf(hasTurn('rotation amid trouble'))('--if-expiring renews what is due and nothing else', async () => {
  site.edit({ tls: { leafDays: 10 } })
  expect((await site.run(['rotate-certs', '--only', 'server', '--on', 'node1,node3'])).code).toBe(0)
  site.edit({ tls: { leafDays: 365 } })
  const [before, started] = [await servedSerials(hosts), await startTimes(hosts)]
  const status = await site.run('status')
  expect(status.stdout).toMatch(/certificate/)
  const run = await runEtcdDeploy(['rotate-certs', site.file, '--if-expiring', '30d'], {
    timeoutMs: 60_000,
    env: site.env,
  })
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(run.stdout + run.stderr).toMatch(/node1[^]*install/)
  expect(differing(before, await servedSerials(hosts))).toEqual(['node1 server', 'node3 server'])
  expect(await startTimes(hosts)).toEqual(started)
  const { notAfter } = await shakeHands(labHost('node1').address, 2379)
  expect(notAfter.getTime() - Date.now()).toBeGreaterThan(360 * 86_400_000)
  const again = await runEtcdDeploy(['rotate-certs', site.file, '--if-expiring', '30d'], {
    timeoutMs: 60_000,
    env: site.env,
  })
  expect(again).toMatchObject({ code: 0, stdout: '', stderr: '' })
})

test('names that the inventory has by now are in the new certificates, and those that it lost are not', async () => {
  site.edit({ tls: { sans: ['etcd.example.com'] } })
  expect((await site.run('rotate-certs')).code).toBe(0)
  expect((await shakeHands(labHost('node2').address, 2379)).dnsNames).toContain('etcd.example.com')
  site.edit({ tls: {} })
  expect((await site.run(['rotate-certs', '--only', 'server'])).code).toBe(0)
  expect((await shakeHands(labHost('node2').address, 2379)).dnsNames).not.toContain('etcd.example.com')
})

test('a member whose key was broken serves again, without a restart', async () => {
  const started = await startTimes(hosts)
  await hostOutput('node2', 'head -c 100 /etc/etcd/tls/server.key >/tmp/half; cat /tmp/half >/etc/etcd/tls/server.key')
  await expect(shakeHands(labHost('node2').address, 2379)).rejects.toThrow(/alert|ECONNRESET/)
  const run = await site.run('rotate-certs')
  expect(run.code, run.stdout).toBe(0)
  await expectHealthy('node2')
  expect(await startTimes(hosts)).toEqual(started)
  expect(takenDown(run)).toEqual([])
})

test.runIf(hasTurn('rotation amid trouble'))(
  "one host down: the others' leaves rotate, it is named, exit 1; a rerun finishes",
  async () => {
    const others: NodeName[] = ['node1', 'node2']
    const before = await servedSerials(hosts)
    await killHost('node3')
    const run = await site.run('rotate-certs')
    expect(run.code, run.stdout).toBe(1)
    expect(wordsOf(run)).toMatch(/not rotated, as they could not be reached: node3/)
    const between = await servedSerials(others)
    expect(differing(before, between)).toEqual(everyLeaf.filter((leaf) => !leaf.startsWith('node3')))
    await startHost('node3')
    await expect.poll(() => expectHealthy('node1').then(() => true, () => false), { timeout: 30_000 }).toBe(true) // prettier-ignore
    const rerun = await site.run('rotate-certs')
    expect(rerun.code, rerun.stdout).toBe(0)
    expect(differing(before, await servedSerials(hosts)).toSorted()).toEqual(everyLeaf.toSorted())
    expect(summaryOf(await site.run('up'))).toMatchObject({ changed: [], restarted: [] })
  },
)

test('where no member has a certificate there is nothing to rotate: up is named', async () => {
  const empty = await newSite({ nodes: hosts, cluster: 'other' })
  const run = await empty.run('rotate-certs')
  expect(run.code, run.stdout).toBe(3)
  empty.remove()
})

async function adminSerial(): Promise<string | undefined> {
  return (await openPki(site.pki, 'test'))?.leaf('admin', 'client')?.serial
}

function notesOf(run: Run): string {
  return eventsOf(run, 'note')
    .map(({ message }) => message)
    .join('\n')
}
