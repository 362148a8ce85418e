import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openPki } from '../../src/pki/open.ts'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { startRecorder } from '../instruments/recorder.ts'
import { seededRandom, testSeed } from '../instruments/seeded.ts'
import { hostOutput, labReset, labUp, nodes } from '../lab/lab.ts'
import { prepareReleases } from '../lab/releases/prepare.ts'
import { told } from './kill/at-events.ts'
import { clientsOf, expectHealthy } from './support/cluster.ts'
import { differing, servedSerials, startTimes } from './support/leaves.ts'
import { newSite } from './support/site.ts'
import { summaryOf, takenDown } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const full = process.env['FULL'] === '1'
const seed = testSeed()
const versions = ['3.3.25', '3.4.23', '3.5.30', '3.6.16', '3.7.3']
const all = versions.flatMap((version) => [3, 5].map((members) => [version, members] as const))
// The newest is what the other tests of rotations run on.
const seeded = all.filter(([version, members]) => members === 3 && version !== '3.6.16')
const cells = full ? all : seeded.slice(Math.floor(seededRandom(seed)() * seeded.length)).slice(0, 1)
const { skipped } = await prepareReleases()
const gaps: string[] = []

console.log(`${cells.length} of ${all.length} cells: ${cells.map((cell) => cell.join('×')).join(', ')}; SEED=${seed}`)

beforeAll(async () => {
  await labUp({ hosts: Math.max(...cells.map(([, members]) => members)) })
})

afterAll(() => console.log(gaps.join('\n')))

describe.each(cells)('etcd %s, %i members', (version, members) => {
  const missing = skipped.find((each) => each.version === version)

  test.runIf(hasTurn('rotations by version'))(
    'new leaves, a new CA from pause to pause: nothing fails, nothing is lost',
    { timeout: 400_000 },
    async (context) => {
      // prettier-ignore
      if (missing !== undefined) context.skip(`etcd ${missing.version}: ${missing.reason}`)
      const hosts = nodes.slice(0, members)
      await labReset(hosts)
      const site = await newSite({ nodes: hosts, version })
      onTestFinished(site.remove)
      const fresh = await site.run('up')
      expect(fresh.code, told(fresh)).toBe(0)

      const clients = await clientsOf(site)
      const [before, started] = [await servedSerials(hosts, clients.tls), await startTimes(hosts)]
      const recorder = await startRecorder(clients)
      const leaves = await site.run('rotate-certs')
      expect(leaves.code, told(leaves)).toBe(0)
      expect(differing(before, await servedSerials(hosts, clients.tls))).toHaveLength(2 * members)
      expect(await startTimes(hosts)).toEqual(started)
      for (const options of [[], ['--continue'], ['--continue']]) {
        const run = await site.run(['rotate-certs', '--ca', ...options])
        expect(run.code, told(run)).toBe(0)
        expect(new Set(takenDown(run)).size).toBe(takenDown(run).length)
        recorder.use(await clientsOf(site))
      }
      const report = await recorder.stop()
      expectUnharmed(report, { longestGapMs: 2000 })
      gaps.push(`etcd ${version}, ${members} members: longest gap ${Math.round(report.longestGapMs)} ms`)

      const store = await openPki(site.pki, 'test')
      expect(store?.trusted).toEqual([2])
      const trusts = await hostOutput(hosts.at(-1) ?? 'node1', 'grep -c BEGIN /etc/etcd/tls/client-ca.crt')
      expect(trusts).toBe('1\n')
      await expectHealthy('node1')
      const up = await site.run('up')
      expect(up.code, told(up)).toBe(0)
      expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
    },
  )
})
