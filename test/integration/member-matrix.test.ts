import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { startRecorder, type Recorder } from '../instruments/recorder.ts'
import type { Run } from '../instruments/run-cli.ts'
import { seededRandom, testSeed } from '../instruments/seeded.ts'
import { hostOutput, killHost, labHost, labReset, labUp, nodes, onHost, type NodeName } from '../lab/lab.ts'
import { wantedReleases } from '../lab/releases/versions.ts'
import { clientsAt, expectHealthy } from './support/cluster.ts'
import { newSite, type Site } from './support/site.ts'
import { expectDone, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'
import { untilHealthy } from './support/until-healthy.ts'

const full = process.env['FULL'] === '1'
const versions = wantedReleases.map((each): string => each.version)
const [drawn = ''] = versions.slice(Math.floor(seededRandom(testSeed())() * versions.length))
const megabytes = full ? 200 : 20
const hosts = nodes.slice(0, 5)

beforeAll(() => labUp({ hosts: 5 }))

describe.runIf(hasTurn('members by version')).each((full ? versions : [drawn]).map((version) => ({ version })))(
  `etcd $version, mutual TLS, ${megabytes} MB of data`,
  ({ version } = { version: drawn }) => {
    let site: Site
    let recorder: Recorder

    beforeAll(async () => {
      await labReset([...hosts])
      site = await newSite({ nodes: ['node1'], version })
      await expectDone(site.run('up'))
      await fill('node1')
      recorder = await startRecorder(await clientsAt(site, {}))
    }, 300_000)

    afterAll(async () => {
      site.remove()
      await labReset([...hosts])
    })

    test('1, 3, 5 and 3 members again, each of them replaced: alive, wiped, dead; no write is lost', async () => {
      for (const joining of [
        ['node2', 'node3'],
        ['node4', 'node5'],
      ] as const) {
        say([...Object.keys(site.inventory.nodes), ...joining] as NodeName[])
        await expectDone(site.run(['member add', ...joining], { timeoutMs: 300_000 }))
        await followMembers()
      }
      // Those that have served from the beginning, in part: the leader may be among them.
      for (const leaving of ['node1', 'node4'] as const) {
        say(Object.keys(site.inventory.nodes).filter((name) => name !== leaving) as NodeName[], { written: false })
        await followMembers()
        await expectDone(site.run(['member remove', leaving, '--yes'], { timeoutMs: 300_000 }))
      }
      await withoutClientsAt('node2', () => site.run(['member replace', 'node2', '--yes'], { timeoutMs: 300_000 }))
      await withoutClientsAt('node3', async () => {
        await hostOutput('node3', 'systemctl stop etcd; rm -rf /var/lib/etcd/member')
        await untilServing('node2', 'node5')
        return site.run(['member replace', 'node3'], { timeoutMs: 300_000 })
      })
      const { address } = labHost('node4')
      await withoutClientsAt(
        'node5',
        async () => {
          await killHost('node5')
          await untilServing('node2', 'node3')
          return site.run(['member replace', 'node5', '--with', address, '--yes'], { timeoutMs: 300_000 })
        },
        address,
      )
      const report = await recorder.stop()
      // etcd 3.3 has no learners: a second member votes before it has the data, and nothing is written until then. The report tells how long.
      expectUnharmed(report, version.startsWith('3.3.') ? { failed: Infinity } : {})
      await expectHealthy('node2')
      expect(await hostOutput('node2', 'etcdctl get big/ --prefix --keys-only | grep -c big')).toBe(`${megabytes}\n`)
      const up = await site.run('up')
      expect(up.code, wordsOf(up)).toBe(0)
      expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
    }, 900_000)

    /** What the inventory says; `written: false`: a command is to write it. */
    function say(names: readonly NodeName[], { written = true } = {}): void {
      const wanted = Object.fromEntries(names.map((name) => [name, { address: labHost(name).address }]))
      if (written) site.edit({ nodes: wanted })
      else site.inventory = { ...site.inventory, nodes: wanted }
    }

    /** Then at that address, where it is another. */
    async function withoutClientsAt(name: NodeName, run: () => Promise<Run>, address?: string): Promise<void> {
      recorder.use(await clientsAt(site, { [name]: undefined }))
      await expectDone(run())
      recorder.use(await clientsAt(site, address === undefined ? {} : { [name]: address }))
    }

    async function followMembers(): Promise<void> {
      recorder.use(await clientsAt(site, {}))
    }
  },
)

/** The one that is gone may have been the leader. */
async function untilServing(...names: NodeName[]): Promise<void> {
  for (const name of names) await untilHealthy(async () => (await onHost(name, 'etcdctl endpoint health')).code === 0)
}

/** Keys of a megabyte each. */
async function fill(host: NodeName): Promise<void> {
  await hostOutput(
    host,
    `n=0; while [ $n -lt ${megabytes} ]; do n=$((n + 1)); head -c 750000 /dev/urandom | base64 -w0 | etcdctl put "big/$n" >/dev/null || exit 1; done`,
  )
}
