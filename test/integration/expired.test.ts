import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createPki } from '../../src/pki/open.ts'
import type { PkiStore } from '../../src/pki/store.ts'
import { hostOutput, labReset, onHost, type NodeName } from '../lab/lab.ts'
import { expectHealthy } from './support/cluster.ts'
import { servedSerials, startTimes } from './support/leaves.ts'
import { message } from './support/message.ts'
import { newSite, type Site } from './support/site.ts'
import { storeOf } from './support/store.ts'
import { eventsOf, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const full = process.env['FULL'] === '1'
const dayMs = 86_400_000
const yearMs = 365 * dayMs

test.runIf(hasTurn('everything expired'))(
  'every certificate has expired and nobody has quorum: rotate-certs brings the cluster back',
  async () => {
    const site = await siteOn(hosts)
    expect((await site.run('up')).code).toBe(0)
    await hostOutput('node1', 'etcdctl put kept through-it-all')
    const expiry = await issueAgain(await storeOf(site), 25)
    expect((await site.run('up')).code).toBe(0)
    await expiredAndRestarted(expiry)
    const started = await startTimes(hosts)
    const run = await site.run('rotate-certs')
    expect(run.code, run.stdout).toBe(0)
    expect(await startTimes(hosts)).toEqual(started)
    await expectBack(site)
  },
)

test.each(full ? (['nobody has quorum', 'links that were open live on'] as const) : [])(
  'the CA has expired too, and %s: rotate-certs names the way, and --ca brings the cluster back',
  async (and) => {
    const site = await siteOn(hosts)
    // A CA of a year that is nearly over.
    const end = Date.now() + 45_000
    const tls = { key: 'ecdsa-p256', subject: {}, caYears: 1, leafDays: 365 } as const
    const store = await createPki(site.pki, 'test', tls, yearBefore(end))
    expect((await site.run('up')).code).toBe(0)
    await hostOutput('node1', 'etcdctl put kept through-it-all')
    const expiry = store.ca().notAfter.getTime()
    if (and === 'nobody has quorum') await expiredAndRestarted(expiry)
    else await sleep(expiry - Date.now() + 1000)

    const leaves = await site.run('rotate-certs')
    expect(leaves.code, leaves.stdout).not.toBe(0)
    expect(wordsOf(leaves)).toMatch(/expired[^]*rotate-certs --ca/)
    message('the CA has expired', leaves)
    const command = ['rotate-certs', '--ca', '--no-pause']
    if (and !== 'nobody has quorum') {
      const refused = await site.run(command)
      expect(refused.code, refused.stdout).toBe(3)
      expect(wordsOf(refused)).toMatch(/restart all members at once\?[^]*--allow-downtime/)
    }
    const run = await site.run(and === 'nobody has quorum' ? command : [...command, '--allow-downtime'])
    expect(run.code, run.stdout).toBe(0)
    expect(eventsOf(run, 'warning').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/no snapshot was taken/),
    )
    const after = await storeOf(site)
    expect(after.trusted).toEqual([after.generation])
    expect(after.ca().notAfter.getTime()).toBeGreaterThan(Date.now() + yearMs)
    await expectBack(site)
  },
)

async function siteOn(on: NodeName[]): Promise<Site> {
  await labReset(on)
  const site = await newSite({ nodes: on })
  onTestFinished(site.remove)
  return site
}

/** The same certificates once more, but for some seconds only; answers when they end. */
async function issueAgain(store: PkiStore, seconds: number): Promise<number> {
  const notBefore = new Date(Date.now() - 300_000)
  const days = (300 + seconds) * (1000 / dayMs)
  const leaves = store.issued.flatMap(({ name, kind }) => store.leaf(name, kind) ?? [])
  const issued = await store.issue(
    leaves.map(({ name, kind, certificate }) => {
      const { dnsNames, ipAddresses, name: subject } = certificate
      return { name, kind, dnsNames, ipAddresses, cn: subject.cn ?? name, subject: {}, key: 'ecdsa-p256', notBefore, days } // prettier-ignore
    }),
  )
  return Math.max(...issued.map(({ certificate }) => certificate.notAfter.getTime()))
}

/** Links that were open live on; a restart after the end is what makes guides' clusters stand still. */
async function expiredAndRestarted(expiryMs: number): Promise<void> {
  await sleep(expiryMs - Date.now() + 1000)
  await Promise.all(hosts.map((host) => hostOutput(host, 'systemctl restart --no-block etcd')))
  await sleep(3000)
  for (const host of hosts) expect((await onHost(host, 'etcdctl endpoint health')).code, host).not.toBe(0)
}

async function expectBack(site: Site): Promise<void> {
  await expectHealthy('node3')
  expect(await hostOutput('node3', 'etcdctl get kept')).toBe('kept\nthrough-it-all\n')
  expect(new Set(Object.values(await servedSerials(hosts))).size).toBe(2 * hosts.length)
  const up = await site.run('up')
  expect(up.code, up.stdout).toBe(0)
  expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
}

function yearBefore(endMs: number): Date {
  const date = new Date(endMs)
  date.setUTCFullYear(date.getUTCFullYear() - 1)
  return date
}
