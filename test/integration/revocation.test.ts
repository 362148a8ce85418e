import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPki } from '../../src/pki/open.ts'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { keepShakingHands } from '../instruments/handshakes.ts'
import { startRecorder } from '../instruments/recorder.ts'
import type { Run } from '../instruments/run-cli.ts'
import { hostOutput, killHost, labHost, labReset, startHost, type NodeName } from '../lab/lab.ts'
import { clientsWith, expectAccepted, expectRefused } from './support/admission.ts'
import { expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { startTimes } from './support/leaves.ts'
import { newSite, type Site } from './support/site.ts'
import { clientLeaf, tlsOf } from './support/store.ts'
import { eventsOf, expectDone, notesOf, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const full = process.env['FULL'] === '1'
const crl = '/etc/etcd/tls/client.crl'
const clients = { stays: { cn: 'stays' }, first: { cn: 'first' }, second: { cn: 'second' }, third: { cn: 'third' } }
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts, tls: { clients } })
  await expectDone(site.run('up'))
})

afterAll(() => site.remove())

test('under load: that client is refused at its next connection, all others go on, nobody restarts', async () => {
  const [stays, first, started] = [
    await tlsOf(site, 'stays', 1),
    await tlsOf(site, 'first', 1),
    await startTimes(hosts),
  ]
  await expectAccepted(hosts, first)
  const recorder = await startRecorder(clientsWith(hosts, stays))
  const handshakes = keepShakingHands(
    hosts.map((host) => ({ host: labHost(host).address, port: 2379 })),
    stays,
  )
  const run = await revoke('first', '--reason', 'keyCompromise')
  await expectRefused(hosts, first)
  const { succeeded, failed } = await handshakes.stop()
  const report = await recorder.stop()
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expectUnharmed(report, { longestGapMs: 1000 })
  expect(report.failedReads).toBe(0)
  expect(succeeded).toBeGreaterThan(50)
  expect(failed).toEqual([])
  expect(await startTimes(hosts)).toEqual(started)
  const { serial } = await clientLeaf(site, 'first', 1)
  expect(notesOf(run)).toContain(`seen: node1, node2, node3 refuse first, serial ${serial}`)
  expect(run.stderr).toContain(`revoked: ${serial}`)
})

test('a second time it is said, and nothing is changed', async () => {
  const before = await footprints(hosts)
  const run = await revoke('first')
  expect(run.code, run.stdout).toBe(0)
  expect(run.stderr).toContain(`revoked before: ${(await clientLeaf(site, 'first', 1)).serial}`)
  expect(summaryOf(run)).toMatchObject({ changed: [], restarted: [] })
  expect(await footprints(hosts)).toEqual(before)
})

test('nor does up, or a renewal, give it another; up says so', async () => {
  const { serial } = await clientLeaf(site, 'first', 1)
  const run = await site.run('up')
  expect(summaryOf(run)).toMatchObject({ changed: [], restarted: [] })
  expect(notesOf(run)).toMatch(/client certificate first: revoked; etcd-deploy certs issue first/)
  const renewed = await site.run(['rotate-certs', '--only', 'client'])
  expect(renewed.code, renewed.stdout).toBe(0)
  expect((await clientLeaf(site, 'first', 1)).serial).toBe(serial)
})

test.runIf(full)(
  'a list that is garbage shuts everyone out of that member: up puts it right, without a restart',
  async () => {
    const [stays, started] = [await tlsOf(site, 'stays', 1), await startTimes(hosts)]
    await hostOutput('node2', `echo garbage >${crl}`)
    await expectRefused(['node2'], stays)
    const run = await site.run('up')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(changesOf(run)).toEqual(['node2: install CA bundles and revocation lists'])
    await expectAccepted(hosts, stays)
    await expectRefused(hosts, await tlsOf(site, 'first', 1))
    expect(await startTimes(hosts)).toEqual(started)
  },
)

test.runIf(hasTurn('revocation amid trouble'))(
  'garbage on every member: nobody gets in, and up still puts it right',
  async () => {
    const [stays, started] = [await tlsOf(site, 'stays', 1), await startTimes(hosts)]
    for (const host of hosts) await hostOutput(host, `: >${crl}; echo garbage >/etc/etcd/tls/peer.crl`)
    await expectRefused(hosts, stays)
    const run = await site.run('up')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(changesOf(run).toSorted()).toEqual(hosts.map((host) => `${host}: install CA bundles and revocation lists`))
    await expectAccepted(hosts, stays)
    expect(await startTimes(hosts)).toEqual(started)
    await expectHealthy('node3')
  },
)

test('a list from elsewhere lets the revoked in again, until the next run', async () => {
  const tls = { key: 'ecdsa-p256', subject: {}, caYears: 1, leafDays: 365 } as const
  const elsewhere = await createPki(join(site.folder, 'elsewhere'), 'test', tls, new Date())
  await hostOutput('node3', `base64 -d >${crl}`, Buffer.from(elsewhere.crl()).toString('base64'))
  await expectAccepted(['node3'], await tlsOf(site, 'first', 1))
  const run = await revoke('first')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(changesOf(run)).toEqual(['node3: install CA bundles and revocation lists'])
  await expectRefused(hosts, await tlsOf(site, 'first', 1))
})

test("a member's own: says what it does not do; up warns of it, and rotate-certs ends it without a restart", async () => {
  const started = await startTimes(hosts)
  const asked = await revoke('node1')
  expect(asked.code, asked.stdout).toBe(3)
  expect(asked.stderr).toMatch(/does not evict a peer: etcd-deploy member remove node1/)
  const run = await revoke('node1', '--yes')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  const up = await site.run('up')
  expect(warningsOf(up)).toMatch(/revoked.*node1 \(server\), node1 \(peer\)/)
  const rotated = await site.run(['rotate-certs', '--on', 'node1'])
  expect(rotated.code, rotated.stdout + rotated.stderr).toBe(0)
  expect(warningsOf(await site.run('up'))).not.toMatch(/revoked/)
  await expectHealthy('node1')
  expect(await startTimes(hosts)).toEqual(started)
})

test.runIf(hasTurn('revocation amid trouble'))(
  'a host that is down: it is named, exit 1, the others refuse; up brings the list later',
  async () => {
    const second = await tlsOf(site, 'second', 1)
    await killHost('node3')
    const run = await revoke('second')
    expect(run.code, run.stdout).toBe(1)
    expect(wordsOf(run)).toMatch(/the revocation list is not on node3/)
    expect(wordsOf(run)).toMatch(/etcd-deploy up/)
    await expectRefused(['node1', 'node2'], second)
    const list = await site.run('certs list')
    expect(list.code, list.stderr).toBe(0)
    expect(JSON.parse(list.stdout)).toMatchObject({
      notSeen: expect.arrayContaining([expect.objectContaining({ host: 'node3', what: 'its files' })]),
    })
    await startHost('node3')
    const healthy = (): Promise<boolean> => expectHealthy('node1').then(() => true, () => false) // prettier-ignore
    await expect.poll(healthy, { timeout: 30_000 }).toBe(true)
    await expectAccepted(['node3'], second)
    const up = await site.run('up')
    expect(up.code, up.stdout).toBe(0)
    expect(summaryOf(up)).toMatchObject({ changed: ['node3'], restarted: [] })
    await expectRefused(hosts, second)
  },
)

test("at a CA rotation's pause: as at any other time", { timeout: 300_000 }, async () => {
  const third = await tlsOf(site, 'third', 1)
  expect((await site.run(['rotate-certs', '--ca', '--no-snapshot'])).code).toBe(0)
  await expectAccepted(hosts, third)
  const started = await startTimes(hosts)
  const run = await revoke('third')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  await expectRefused(hosts, third)
  expect(await startTimes(hosts)).toEqual(started)
  const next = await site.run(['rotate-certs', '--ca', '--continue'])
  expect(next.code, next.stdout).toBe(0)
  expect(notesOf(next)).toMatch(/for stays: /)
  // `second` was revoked where the test of a host that is down had its turn.
  expect(notesOf(next)).not.toMatch(/for (first|third): /)
  const [cert = '', key = ''] = ['stays.crt', 'stays.key'].map((name) =>
    readFileSync(join(site.pki, 'test', 'clients', 'stays', name), 'utf8'),
  )
  const { ca } = await tlsOf(site, 'stays', 1)
  await expectAccepted(hosts, { ca, cert, key })
  await expectRefused(hosts, { ...third, ca })
})

function revoke(...args: string[]): Promise<Run> {
  return site.run(['certs revoke', ...args])
}

function changesOf(run: Run): string[] {
  return eventsOf(run, 'change-begin').map(({ host, what }) => `${host}: ${what}`)
}

function warningsOf(run: Run): string {
  return eventsOf(run, 'warning')
    .map(({ message }) => message)
    .join('\n')
}
