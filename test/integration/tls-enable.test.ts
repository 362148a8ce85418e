import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { countEvents } from '../instruments/kill-events.ts'
import { startRecorder, type Clients } from '../instruments/recorder.ts'
import { hostOutput, labHost, labReset, labUp, onHost, type NodeName } from '../lab/lab.ts'
import { newestRelease } from '../lab/releases/prepare.ts'
import { wantedReleases } from '../lab/releases/versions.ts'
import { atEach, picked } from './kill/at-events.ts'
import { clientsOf } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const full = process.env['FULL'] === '1'
const { version: newest } = await newestRelease()
const all = wantedReleases.map((each): string => each.version)
const versions = full ? all : [newest]

beforeAll(() => labUp({ hosts: 5 }))

describe.runIf(hasTurn('tls enable by version')).each(versions)('etcd %s', (version) => {
  const hosts: NodeName[] = full ? ['node1', 'node2', 'node3', 'node4', 'node5'] : ['node1', 'node2', 'node3']
  let site: Site

  beforeAll(async () => {
    await labReset(hosts)
    site = await plainSite(hosts, version)
  })

  afterAll(() => site.remove())

  test('before: up with an inventory that was edited by hand changes nothing, and names the command', async () => {
    const source = readFileSync(site.file, 'utf8')
    site.edit({ tls: { mode: 'mutual' } })
    const refused = await site.run('up')
    expect(refused.code, refused.stdout).toBe(3)
    expect(wordsOf(refused)).toMatch(/etcd-deploy tls enable/)
    expect(summaryOf(refused).changed).toEqual([])
    site.edit({ tls: { mode: 'off' } })
    expect(readFileSync(site.file, 'utf8')).toBe(source)
  })

  test('before: without the passphrase of the CA key: exit 2, and nothing is begun', async () => {
    const before = await footprints(hosts)
    site.edit({ tls: { mode: 'off', pki: { dir: 'pki', passphrase: { file: join(site.folder, 'none') } } } })
    const source = readFileSync(site.file, 'utf8')
    const refused = await site.run(['tls enable', '--yes', '--no-snapshot'])
    expect(refused.code, refused.stdout).toBe(2)
    expect(wordsOf(refused)).toMatch(/the secret in .*none can't be read/)
    expect(readFileSync(site.file, 'utf8')).toBe(source)
    expect(await footprints(hosts)).toEqual(before)
    site.edit({ tls: { mode: 'off' } })
  })

  // Long where several starts are needed until http is answered beside https: 3.3 and 3.4.23.
  test('up to the pause: clients go on by http, and https is there beside it', { timeout: 900_000 }, async () => {
    const source = readFileSync(site.file, 'utf8')
    const recorder = await startRecorder(plainClients(hosts))
    const run = await site.run(['tls enable', '--yes'], { timeoutMs: 600_000 })
    const report = await recorder.stop()
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expectUnharmed(report)
    expect(eventsOf(run, 'pause')).toHaveLength(1)
    expect(readFileSync(site.file, 'utf8')).toBe(source.replace('"mode": "off"', '"mode": "mutual"'))
    const handedOut = join(site.pki, 'test', 'clients', 'ca.crt')
    expect(eventsOf(run, 'note').map(({ message }) => message)).toContainEqual(expect.stringContaining(handedOut))
    for (const host of hosts) {
      expect(await listens(host, 'ETCD_LISTEN_PEER_URLS')).toEqual([expect.stringMatching(/^https:/)])
      expect(await hostOutput(host, plainGet)).toBe('')
    }
  })

  test('at the pause: up refuses and names the command, status does too, and the run says where it stands', async () => {
    const up = await site.run('up')
    expect(up.code).toBe(3)
    expect(wordsOf(up)).toMatch(/etcd-deploy tls enable --continue/)
    const status = await site.run('status')
    expect(status.stdout).toMatch(/tls enable --continue/)
    const again = await site.run('tls enable')
    expect(again.code, again.stdout).toBe(0)
    expect(summaryOf(again)).toMatchObject({ changed: [], restarted: [] })
    expect(eventsOf(again, 'pause')).toHaveLength(1)
  })

  test('at the pause: an inventory that lacks a member is refused, and nothing is written, here or there', async () => {
    const other = await newSite({ nodes: hosts, version, tls: { mode: 'off' }, from: site })
    onTestFinished(() => other.remove())
    other.edit({ nodes: Object.fromEntries(hosts.slice(1).map((name) => [name, { address: labHost(name).address }])) })
    const source = readFileSync(other.file, 'utf8')
    const issued = readdirSync(other.pki, { recursive: true })
    const before = await footprints(hosts)
    const refused = await other.run(['tls enable', '--continue', '--yes'])
    expect(refused.code, refused.stdout).toBe(3)
    expect(wordsOf(refused)).toMatch(/etcd has a member node1 that the inventory does not have/)
    expect(readFileSync(other.file, 'utf8')).toBe(source)
    expect(readdirSync(other.pki, { recursive: true })).toEqual(issued)
    expect(await footprints(hosts)).toEqual(before)
  })

  test(
    '--continue: clients that speak https lose nothing, http is refused from then on',
    { timeout: 300_000 },
    async () => {
      const recorder = await startRecorder(await clientsOf(site))
      const run = await site.run(['tls enable', '--continue'])
      const report = await recorder.stop()
      expect(run.code, run.stdout + run.stderr).toBe(0)
      expectUnharmed(report)
      for (const host of hosts) {
        expect(await listens(host, 'ETCD_LISTEN_CLIENT_URLS')).not.toContainEqual(expect.stringMatching(/^http:/))
        expect((await onHost(host, plainGet)).code).not.toBe(0)
      }
      expect(await hostOutput('node1', 'etcdctl endpoint health --cluster 2>&1')).toContain('https://')
      const after = await site.run('up')
      expect(summaryOf(after)).toMatchObject({ changed: [], restarted: [] })
      expect((await site.run(['tls enable', '--continue'])).code).toBe(0)
    },
  )
})

test.runIf(hasTurn('tls enable killed'))(
  'killed at its events, done again: it ends where it would have, and nothing was lost',
  { timeout: 3_600_000 },
  async () => {
    const hosts: NodeName[] = ['node1', 'node2', 'node3']
    await labReset(hosts)
    const undisturbed = await plainSite(hosts, newest)
    const whole = await undisturbed.run(['tls enable', '--yes', '--no-pause', '--no-snapshot'])
    undisturbed.remove()
    expect(whole.code, whole.stdout).toBe(0)
    await atEach(picked(countEvents(whole.events), 'tls enable', 1), async (killAt) => {
      await labReset(hosts)
      const site = await plainSite(hosts, newest)
      onTestFinished(() => site.remove())
      await hostOutput('node1', 'etcdctl put kept through-it-all')
      await site.run(['tls enable', '--yes', '--no-pause', '--no-snapshot'], { killAt })
      const again = await site.run(['tls enable', '--yes', '--no-pause', '--no-snapshot'])
      expect(again.code, again.stdout).toBe(0)
      expect(await hostOutput('node1', 'etcdctl get kept --print-value-only')).toBe('through-it-all\n')
      const after = await site.run('up')
      expect(summaryOf(after)).toMatchObject({ changed: [], restarted: [] })
      expect((await site.run('status')).code).toBe(0)
    })
  },
)

const plainGet = 'ETCDCTL_API=3 /opt/etcd/bin/etcdctl --endpoints http://127.0.0.1:2379 --command-timeout=3s get x'

async function plainSite(hosts: NodeName[], version: string): Promise<Site> {
  const site = await newSite({ nodes: hosts, version, tls: { mode: 'off' } })
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(0)
  return site
}

function plainClients(hosts: NodeName[]): Clients {
  return { endpoints: hosts.map((name) => ({ name, url: `http://${labHost(name).address}:2379` })) }
}

async function listens(host: NodeName, variable: string): Promise<string[]> {
  const text = await hostOutput(host, `sed -n 's/^${variable}=//p' /etc/etcd/etcd.env`)
  return text.trim().replaceAll(/["']/g, '').split(',')
}
