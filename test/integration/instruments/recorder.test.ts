import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { etcdApi } from '../../instruments/etcd-api.ts'
import { expectUnharmed } from '../../instruments/expect-unharmed.ts'
import type { Tls } from '../../instruments/grpc.ts'
import { startLoopbackCluster } from '../../instruments/loopback-cluster.ts'
import type { LoopbackCluster } from '../../instruments/loopback-cluster.ts'
import { reportLine, startRecorder } from '../../instruments/recorder.ts'
import { prepareReleases } from '../../lab/releases/prepare.ts'

const { ready } = await prepareReleases()
/** The oldest, the newest, and one between: each generation of etcd's server. */
const releases = ready.filter(({ version }) => ['3.3.25', '3.5.30', '3.7.3'].includes(version))
const newest = releases.at(-1)

let cluster: LoopbackCluster | undefined
afterEach(() => cluster?.end())

describe.each(releases)('recorder on etcd $version', ({ version, tarball }) => {
  test.each(version === newest?.version ? ['off', 'mutual with auth'] : ['mutual'])(
    'members killed and started again lose nothing (TLS %s)',
    async (mode) => {
      cluster = await startLoopbackCluster(tarball, { mutualTls: mode !== 'off' })
      const { endpoints, tls } = cluster
      const recorder = await startRecorder({ endpoints, ...(tls ? { tls } : {}) })
      if (mode === 'mutual with auth') {
        // Refused without --no-password on a terminal; a certificate of that name is what counts.
        await cluster.etcdctl(['user', 'add', 'root:unused'])
        await cluster.etcdctl(['user', 'grant-role', 'root', 'root'])
        await cluster.etcdctl(['auth', 'enable'])
      }
      await sleep(500)
      // One of them leads.
      for (const { name, url } of endpoints) {
        await cluster.kill(name)
        await sleep(600)
        cluster.start(name)
        await untilAnswers(url, tls)
        await sleep(300)
      }
      const report = await recorder.stop()
      expectUnharmed(report)
      expect(report.hash?.members).toEqual(['node1', 'node2', 'node3'])
      // Readers stay with a member while it is down; and an election is a gap.
      expect(report.failedReads).toBeGreaterThan(0)
      expect(report.longestGapMs).toBeGreaterThan(100)
    },
  )
})

test('two of three members wiped and started anew: the loss is found out', async () => {
  cluster = await startLoopbackCluster(newest?.tarball ?? '')
  const { endpoints, kill, wipe, start } = cluster
  const recorder = await startRecorder({ endpoints })
  await sleep(500)
  await Promise.all(endpoints.map(({ name }) => kill(name)))
  // The same token makes the same cluster and member ids: etcd itself notices nothing.
  for (const name of ['node1', 'node2']) {
    wipe(name)
    start(name)
  }
  await untilAnswers(endpoints[0]?.url ?? '')
  await sleep(500)
  const report = await recorder.stop({ members: ['node1', 'node2'] })
  console.log(reportLine(report))
  expect(report.lost).toBeGreaterThan(0)
  expect(report.wentBack).toBeGreaterThan(0)
  expect(() => expectUnharmed(report)).toThrow(/lost: .*: node1 has nothing, node2 has nothing/)
})

async function untilAnswers(url: string, tls?: Tls): Promise<void> {
  const api = etcdApi(url, tls)
  while ((await api.range('any', {}, 1000).catch(() => undefined)) === undefined) await sleep(100)
  api.close()
}
