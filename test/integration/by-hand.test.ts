import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createPki } from '../../src/pki/open.ts'
import { sansOf } from '../../src/pki/sans.ts'
import type { StoredLeaf } from '../../src/pki/store.ts'
import { shakeHands } from '../instruments/handshakes.ts'
import type { Run } from '../instruments/run-cli.ts'
import { testSeed } from '../instruments/seeded.ts'
import { hostOutput, labHost, labReset, type NodeName } from '../lab/lab.ts'
import { clientsOf, expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { startTimes } from './support/leaves.ts'
import { message } from './support/message.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, expectDone, summaryOf, wordsOf } from './support/told.ts'

/** What is found where somebody has laid a hand on certificates of hosts. */
const hosts: NodeName[] = ['node1', 'node2', 'node3']
const at = '/etc/etcd/tls'
const seed = testSeed()
/** One of the files that somebody may replace, all with FULL. */
const replacing = ['server certificate', 'peer certificate', 'keys'] as const
const chosen = process.env['FULL'] === '1' ? replacing : [replacing[seed % replacing.length]]
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts })
  await expectDone(site.run('up'))
  console.log(`replaced: ${chosen.join(', ')}; again with SEED=${seed}`)
})

afterAll(() => site.remove())

test('certs list: each certificate in pki/, on the disks, as served, and no mismatch', async () => {
  const { run, certificates } = await listed()
  expect(run.code, run.stderr).toBe(0)
  for (const host of hosts)
    for (const use of ['server', 'peer']) {
      const entry = certificates.find((each) => each.name === host && each.use === use)
      expect(entry?.seen.map(({ where }) => where).toSorted(), `${host} ${use}`).toEqual(['disk', 'served'])
      expect(new Set([entry?.pki?.serial, ...(entry?.seen.map(({ serial }) => serial) ?? [])]).size).toBe(1)
    }
  const { serial } = await shakeHands(labHost('node2').address, 2379)
  expect(certificates.find(({ name, use }) => name === 'node2' && use === 'server')?.pki?.serial).toBe(serial)
  expect(certificates.flatMap(({ mismatches }) => mismatches)).toEqual([])
  expect(certificates.find(({ use }) => use === 'CA')?.state).toBe('issuing')
})

test('--max-days: exit 4 when something is due, with what; otherwise 0', async () => {
  expect((await listed('--max-days', '30')).run.code).toBe(0)
  const { run, certificates } = await listed('--max-days', '400')
  expect(run.code).toBe(4)
  const due = certificates.filter((each) => each.due).map(({ name, use }) => `${name} ${use}`)
  expect(due).toContain('node1 server')
  expect(due).toContain('admin client')
  expect(due).toHaveLength(2 * hosts.length + 1)
})

test.runIf(chosen.includes('server certificate'))(
  'a server certificate of another CA: certs list names it, up replaces it, nobody restarts',
  async () => {
    const [stray, started] = [await strayLeaf(), await startTimes(hosts)]
    await write('node2', 'server.crt', stray.certificate.pem)
    await write('node2', 'server.key', stray.key.reveal())
    await expect(trustedBy('node2')).rejects.toThrow(/self.signed|unable to (get|verify)|issuer|signature/i)
    const { certificates } = await listed()
    expect(certificates.flatMap(({ mismatches }) => mismatches)).toEqual([
      `node2 has on its disk serial ${stray.serial}, which pki/ does not know`,
    ])
    const run = await site.run('up')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(changesOf(run)).toEqual(['node2: install server certificate'])
    await trustedBy('node2')
    await expectHealthy('node2')
    expect(await startTimes(hosts)).toEqual(started)
  },
)

test.runIf(chosen.includes('peer certificate'))(
  'a peer certificate of another CA, seen by rotate-certs: replaced as all are',
  async () => {
    const [stray, started] = [await strayLeaf(), await startTimes(hosts)]
    await write('node1', 'peer.crt', stray.certificate.pem)
    await write('node1', 'peer.key', stray.key.reveal())
    const run = await site.run('rotate-certs')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect((await listed()).certificates.flatMap(({ mismatches }) => mismatches)).toEqual([])
    expect(await startTimes(hosts)).toEqual(started)
  },
)

test.runIf(chosen.includes('keys'))(
  'keys that do not match: nobody gets in there, and up puts them right without a restart',
  async () => {
    const started = await startTimes(hosts)
    const stray = await strayLeaf()
    for (const name of ['server.key', 'peer.key']) await write('node3', name, stray.key.reveal())
    await expect(shakeHands(labHost('node3').address, 2379)).rejects.toThrow(/alert|ECONNRESET/)
    const run = await site.run('up')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(changesOf(run)).toEqual(['node3: install server certificate, peer certificate'])
    await trustedBy('node3')
    await expectHealthy('node1')
    expect(await startTimes(hosts)).toEqual(started)
  },
)

test("a host whose clock is before its certificate's beginning is named, and nothing is changed", async () => {
  const fake = '/usr/local/sbin/date'
  await hostOutput('node2', `printf '#!/bin/sh\\nexec /bin/date -d "2 days ago" "$@"\\n' >${fake}; chmod 755 ${fake}`)
  onTestFinished(() => hostOutput('node2', `rm ${fake}`).then(() => {}))
  const before = await footprints(hosts)
  for (const command of ['up', 'rotate-certs']) {
    const run = await site.run(command)
    expect(run.code, run.stdout).toBe(1)
    expect(wordsOf(run)).toMatch(/^node2$[^]*clock/m)
    message('a clock that is before the beginning of its certificate', run)
    expect(summaryOf(run).changed).toEqual([])
  }
  expect(await footprints(hosts)).toEqual(before)
})

interface Listed {
  run: Run
  certificates: {
    use: string
    name: string
    state: string
    pki: { serial: string } | null
    seen: { host: string; where: string; serial: string }[]
    mismatches: string[]
    due: boolean
  }[]
}

async function listed(...options: string[]): Promise<Listed> {
  const run = await site.run(['certs list', ...options])
  return { run, ...(JSON.parse(run.stdout) as Omit<Listed, 'run'>) }
}

/** By another CA, for every name that clients use. */
async function strayLeaf(): Promise<StoredLeaf> {
  const folder = join(site.folder, `stray-${Math.random()}`)
  const notBefore = new Date(Date.now() - 300_000)
  const tls = { key: 'ecdsa-p256', subject: {}, caYears: 1, leafDays: 365 } as const
  const store = await createPki(folder, 'stray', tls, notBefore)
  const names = sansOf(['localhost', '127.0.0.1', ...hosts.map((host) => labHost(host).address)])
  const [leaf] = await store.issue([
    { ...names, kind: 'server', name: 'stray', cn: 'stray', subject: {}, key: 'ecdsa-p256', notBefore, days: 90 },
  ])
  if (leaf === undefined) throw new Error('nothing was issued')
  return leaf
}

/** In place, as an editor does it: rights and owner stay. */
async function write(host: NodeName, name: string, text: string): Promise<void> {
  await hostOutput(host, `cat >${at}/${name}`, text)
}

async function trustedBy(host: NodeName): Promise<void> {
  const { tls } = await clientsOf(site)
  await shakeHands(labHost(host).address, 2379, tls)
}

function changesOf(run: Run): string[] {
  return eventsOf(run, 'change-begin').map(({ host, what }) => `${host}: ${what}`)
}
