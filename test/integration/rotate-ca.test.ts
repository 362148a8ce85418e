import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { readCertificates } from '../../src/pki/certificate.ts'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import type { Tls } from '../instruments/grpc.ts'
import { startRecorder } from '../instruments/recorder.ts'
import { hostOutput, killHost, labReset, startHost, type NodeName } from '../lab/lab.ts'
import { clientsWith, clientUrl, expectAccepted, expectRefused } from './support/admission.ts'
import { expectHealthy, leadership } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { differing, servedSerials, startTimes } from './support/leaves.ts'
import { copyFolder, newSite, type Site } from './support/site.ts'
import { handedOut, storeOf, tlsOf } from './support/store.ts'
import { eventsOf, expectDone, notesOf, summaryOf, takenDown, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const begin = ['rotate-certs', '--ca']
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts, tls: { clients: { app: { cn: 'app' } } } })
  await expectDone(site.run('up'))
})

afterAll(() => site.remove())

test('a host that is down: nothing is changed, it is named, exit 1', async () => {
  const others: NodeName[] = ['node1', 'node2']
  await killHost('node3')
  onTestFinished(async () => {
    await startHost('node3')
    await expectHealthySoon()
  })
  const before = await footprints(others)
  const run = await site.run(begin)
  expect(run.code, run.stdout).toBe(1)
  expect(wordsOf(run)).toMatch(/^node3$/m)
  expect(await footprints(others)).toEqual(before)
  expect((await storeOf(site)).authorities).toHaveLength(1)
})

test.runIf(hasTurn('CA rotation taken back'))('--abort goes back from the first pause without downtime', async () => {
  const recorder = await startRecorder(clientsWith(hosts, await tlsOf(site, 'app')))
  expect((await site.run(begin)).code).toBe(0)
  const back = await site.run([...begin, '--abort'])
  const report = await recorder.stop()
  expect(back.code, back.stdout).toBe(0)
  expectUnharmed(report, { longestGapMs: 2000 })
  expect(await storeOf(site)).toMatchObject({ trusted: [1], generation: 1 })
  await expectNothingUnderWay(site)
})

test.runIf(hasTurn('CA rotation taken back'))(
  '--abort goes back from the second pause, with a pause of its own for clients of the new CA',
  async () => {
    const old = await tlsOf(site, 'app')
    const recorder = await startRecorder(clientsWith(hosts, old))
    expect((await site.run(begin)).code).toBe(0)
    recorder.use(clientsWith(hosts, { ...old, ca: handedOut(site, 'ca.crt') }))
    expect((await site.run([...begin, '--continue'])).code).toBe(0)
    recorder.use(clientsWith(hosts, handedOutTls(site)))
    const back = await site.run([...begin, '--abort'])
    expect(back.code, back.stdout).toBe(0)
    expect(eventsOf(back, 'pause')).toHaveLength(1)
    expect(takenDown(back)).toEqual([])
    recorder.use(clientsWith(hosts, handedOutTls(site)))
    const end = await site.run([...begin, '--abort', '--continue'])
    const report = await recorder.stop()
    expect(end.code, end.stdout).toBe(0)
    expectUnharmed(report, { longestGapMs: 2000 })
    expect(await storeOf(site)).toMatchObject({ trusted: [1], generation: 1 })
    await expectNothingUnderWay(site)
    // Whoever never took the new CA in was never locked out for good.
    await expectAccepted(hosts, old)
  },
)

test('three stages and two pauses under load', { timeout: 300_000 }, async () => {
  const old = await tlsOf(site, 'app')
  const { leader, term } = await leadership('node1')
  const recorder = await startRecorder(clientsWith(hosts, old))

  const first = await site.run(begin)
  expect(first.code, first.stdout).toBe(0)
  expect(takenDown(first).toSorted()).toEqual(hosts)
  expect(takenDown(first).at(-1)).toBe(leader)
  expect((await leadership('node1')).term).toBeLessThanOrEqual(term + 1)
  const store = await storeOf(site)
  expect(store.trusted).toHaveLength(2)
  await expectAccepted(hosts, old)
  expect(readCertificates(handedOut(site, 'ca.crt'))).toHaveLength(2)
  expect(notesOf(first)).toContain(join(store.folder, 'clients', 'ca.crt'))
  expectSnapshotKept(site)

  await expectOthersRefused(site)
  const [started, served] = [await startTimes(hosts), await servedSerials(hosts)]
  const asked = await site.run(begin)
  expect(asked.code, asked.stdout).toBe(0)
  expect(eventsOf(asked, 'pause')).toHaveLength(1)
  expect(notesOf(asked)).toMatch(/rotate-certs --ca --continue/)
  expect((await storeOf(site)).authorities).toEqual(store.authorities)
  expect(summaryOf(asked)).toMatchObject({ changed: [], restarted: [] })

  const bundled = { ...old, ca: handedOut(site, 'ca.crt') }
  recorder.use(clientsWith(hosts, bundled))
  const second = await site.run([...begin, '--continue'])
  expect(second.code, second.stdout).toBe(0)
  expect(eventsOf(second, 'pause')).toHaveLength(1)
  expect(await startTimes(hosts)).toEqual(started)
  expect(differing(served, await servedSerials(hosts))).toHaveLength(2 * hosts.length)
  await expectRefused(hosts, old, /self.signed|unable to (get|verify)|issuer/i)
  await expectAccepted(hosts, bundled)
  await expectAccepted(hosts, handedOutTls(site))
  await expectEtcdctlTakes(handedOutTls(site))

  recorder.use(clientsWith(hosts, handedOutTls(site)))
  const elsewhere = await newSite({ nodes: hosts, from: site, tls: { clients: { app: { cn: 'app' } } } })
  const now = await leadership('node1')
  const third = await elsewhere.run([...begin, '--continue'])
  const report = await recorder.stop()
  expect(third.code, third.stdout).toBe(0)
  expect(takenDown(third).toSorted()).toEqual(hosts)
  expect(takenDown(third).at(-1)).toBe(now.leader)
  expectUnharmed(report, { longestGapMs: 2000 })
  await expectRefused(hosts, old, /./)
  await expectRefused(hosts, bundled)
  await expectAccepted(hosts, await tlsOf(elsewhere, 'app'))
  await expectNothingUnderWay(elsewhere)

  const overdue = await elsewhere.run([...begin, '--continue'])
  expect(overdue.code, overdue.stdout).toBe(0)
  expect(notesOf(overdue)).toMatch(/no CA rotation is under way: members trust "/)
  expect(summaryOf(overdue)).toMatchObject({ changed: [], restarted: [] })

  const late = await site.run([...begin, '--continue'])
  expect(late.code, late.stdout).toBe(3)
  expect(wordsOf(late)).toMatch(/is an older copy/)
  rmSync(site.folder, { recursive: true })
  copyFolder(elsewhere.folder, site.folder)
  elsewhere.remove()
})

test('a run that was killed after its last change, and is done again, makes no other CA', async () => {
  const before = await storeOf(site)
  const run = await site.run(begin)
  expect(run.code, run.stdout).toBe(0)
  expect(notesOf(run)).toMatch(/younger than an hour/)
  expect((await storeOf(site)).authorities).toEqual(before.authorities)
})

async function expectOthersRefused(where: Site): Promise<void> {
  const before = await footprints(hosts)
  for (const command of ['up', 'rotate-certs']) {
    const refused = await where.run(command)
    expect(refused.code, refused.stdout).toBe(3)
    expect(wordsOf(refused)).toMatch(/finish it: etcd-deploy rotate-certs --ca --continue/)
  }
  expect(await footprints(hosts)).toEqual(before)
  expect((await where.run('status')).stdout).toMatch(/rotate-certs --ca/)
}

async function expectNothingUnderWay(where: Site): Promise<void> {
  const run = await where.run('up')
  expect(run.code, run.stdout).toBe(0)
  expect(summaryOf(run)).toMatchObject({ changed: [], restarted: [] })
  await expectHealthy('node2')
}

/** As etcd says that a snapshot is whole: its own hash of 32 bytes behind pages of 512. */
function expectSnapshotKept({ folder }: Site): void {
  const kept = join(folder, '.etcd-deploy', 'snapshots')
  const files = readdirSync(kept).filter((name) => name.endsWith('.db'))
  expect(files.length).toBeGreaterThan(0)
  for (const name of files) expect(statSync(join(kept, name)).size % 512).toBe(32)
}

async function expectHealthySoon(): Promise<void> {
  const healthy = (): Promise<boolean> => expectHealthy('node1').then(() => true, () => false) // prettier-ignore
  await expect.poll(healthy, { timeout: 30_000 }).toBe(true)
}

async function expectEtcdctlTakes({ ca, cert = '', key = '' }: Tls): Promise<void> {
  const put = (path: string, text: string): Promise<string> => hostOutput('node1', `cat >${path}`, text)
  await put('/tmp/ca.crt', ca)
  await put('/tmp/app.crt', cert)
  await put('/tmp/app.key', key)
  const endpoints = hosts.map(clientUrl).join(',')
  const files = '--cacert=/tmp/ca.crt --cert=/tmp/app.crt --key=/tmp/app.key'
  expect(await hostOutput('node1', `/opt/etcd/bin/etcdctl --endpoints=${endpoints} ${files} put app was-here`)).toBe(
    'OK\n',
  )
}

function handedOutTls(where: Site): Required<Tls> {
  const [ca, cert, key] = ['ca.crt', 'app.crt', 'app.key'].map((name) => handedOut(where, join('app', name)))
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' }
}
