import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { reportLine, startRecorder, type Clients } from '../instruments/recorder.ts'
import { seededRandom, testSeed } from '../instruments/seeded.ts'
import { otherAddress, setAddresses } from '../lab/addresses.ts'
import { hostOutput, labHost, labReset, labUp, nodes, type NodeName } from '../lab/lab.ts'
import { wantedReleases } from '../lab/releases/versions.ts'
import { clientsAt } from './support/cluster.ts'
import { newSite, type Site } from './support/site.ts'
import { expectDone, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const full = process.env['FULL'] === '1'
const versions = wantedReleases.map((each): string => each.version)
const cells = versions.flatMap((version) =>
  (['mutual', 'off'] as const).flatMap((mode) => [1, 3, 5].map((members) => ({ version, mode, members }))),
)
const [drawn = cells[0]] = cells.slice(Math.floor(seededRandom(testSeed())() * cells.length))

beforeAll(() => labUp({ hosts: 5 }))

describe.runIf(hasTurn('change-ip by version')).each(full ? cells : [drawn])(
  'etcd $version, TLS $mode, $members members',
  ({ version, mode, members } = { version: '', mode: 'mutual', members: 3 }) => {
    const hosts = nodes.slice(0, members)
    let site: Site

    beforeAll(async () => {
      await labReset([...hosts])
      await Promise.all(hosts.map((host) => setAddresses(host, [labHost(host).address, otherAddress(host)])))
      site = await newSite({ nodes: hosts, version, tls: { mode } })
      await expectDone(site.run('up'))
    })

    afterAll(async () => {
      site.remove()
      await labReset([...hosts])
    })

    test('every member in turn, and no write is lost', { timeout: 600_000 }, async () => {
      const recorder = await startRecorder(await clients(site, mode, {}))
      const moved: Record<string, string> = {}
      for (const host of hosts) {
        const to = otherAddress(host)
        const run = await site.run(['change-ip', host, to, '--yes', ...(members === 1 ? ['--allow-downtime'] : [])])
        expect(run.code, run.stdout + run.stderr).toBe(0)
        expect(summaryOf(run).restarted).toEqual([host])
        moved[host] = to
        recorder.use(await clients(site, mode, moved))
      }
      const report = await recorder.stop()
      expectUnharmed(report, members === 1 ? { failed: Infinity } : {})
    })

    test('all addresses gone at once: nothing is lost', { timeout: 600_000 }, async () => {
      const recorder = await startRecorder(
        await clients(site, mode, Object.fromEntries(hosts.map((host) => [host, otherAddress(host)]))),
      )
      await sleep(2000)
      await Promise.all(hosts.map((host) => setAddresses(host, [labHost(host).address])))
      const map = hosts.map((host) => `${otherAddress(host)}=${labHost(host).address}`).join(',')
      const run = await site.run(['change-ip', '--map', map, '--yes'])
      expect(run.code, run.stdout + run.stderr).toBe(0)
      recorder.use(await clients(site, mode, {}))
      await sleep(2000)
      const report = await recorder.stop()
      console.log(`${version}, ${mode}, ${members}: ${reportLine(report)}`)
      expectUnharmed(report, { failed: Infinity })
      expect(readFileSync(site.file, 'utf8')).not.toContain(otherAddress(hosts[0] ?? 'node1'))
      const list = await hostOutput('node1', 'etcdctl member list')
      for (const host of hosts) {
        expect(list).not.toContain(otherAddress(host))
        expect(await hostOutput(host, 'iptables -t nat -S')).not.toContain('etcd-deploy')
      }
    })

    test('ports, and IPv4 to IPv6', { timeout: 600_000 }, async () => {
      const [first = 'node1', second = first] = hosts
      const alone = members === 1 ? ['--allow-downtime'] : []
      const ports = await site.run([
        'change-ip',
        first,
        '--peer-port',
        '12380',
        '--client-port',
        '12379',
        '--yes',
        ...alone,
      ])
      expect(ports.code, ports.stdout + ports.stderr).toBe(0)
      const { address6 } = labHost(second)
      const v6 = await site.run(['change-ip', second, address6, '--yes', ...alone])
      expect(v6.code, v6.stdout + v6.stderr).toBe(0)
      const list = await hostOutput(first, 'etcdctl member list')
      expect(list).toContain(':12380')
      expect(list).toContain(`//[${address6}]:`)
      expect(readFileSync(site.file, 'utf8')).toContain(address6)
      const up = await site.run('up')
      expect(up.code, wordsOf(up)).toBe(0)
      expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
    })
  },
)

async function clients(site: Site, mode: string, places: Record<string, string>): Promise<Clients> {
  if (mode !== 'off') return clientsAt(site, places)
  const endpoints = Object.keys(site.inventory.nodes).map((name) => ({
    name,
    url: `http://${places[name] ?? labHost(name as NodeName).address}:2379`,
  }))
  return { endpoints }
}
