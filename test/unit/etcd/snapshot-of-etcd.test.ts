import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { atLeast } from '../../../src/etcd/versions.ts'
import { snapshotStatus } from '../../../src/steps/snapshot-status.ts'
import { mustRun, run } from '../../lab/process.ts'
import { cachedReleases } from '../../lab/releases/prepare.ts'

/** Those that this machine has: the oldest and the newest generation of the file. */
const cached = cachedReleases()
const releases = cached.filter((_, index) => index === 0 || index === cached.length - 1)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** One member of a real etcd on loopback, and its tools. */
async function withEtcd(
  tarball: string,
  work: (etcdctl: (...args: string[]) => Promise<string>, folder: string) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-etcd-'))
  await mustRun('tar', ['-C', folder, '--strip-components=1', '-xzf', tarball])
  const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`]
  const flags = {
    'data-dir': join(folder, 'data'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const env = { ...process.env, ETCD_UNSUPPORTED_ARCH: 'arm64' }
  const etcd = spawn(join(folder, 'etcd'), args, { stdio: 'ignore', env: process.arch === 'arm64' ? env : process.env })
  const etcdctl = (...words: string[]): Promise<string> =>
    mustRun(join(folder, 'etcdctl'), [`--endpoints=${client}`, '--dial-timeout=1s', '--command-timeout=5s', ...words], {
      env: { ETCDCTL_API: '3' },
    })
  try {
    for (let tries = 0; tries < 100 && (await etcdctl('endpoint', 'health').catch(() => '')) === ''; tries++)
      await sleep(100)
    await work(etcdctl, folder)
  } finally {
    etcd.kill('SIGKILL')
    await once(etcd, 'exit')
    rmSync(folder, { recursive: true })
  }
}

interface EtcdStatus {
  hash: number
  revision: number
  totalKey: number
  totalSize: number
}

describe.skipIf(releases.length === 0).each(releases)('a snapshot of etcd $version', ({ version, tarball }) => {
  test('is reckoned as its own tool does: full of keys, deleted, compacted, large', async () => {
    const isNew = atLeast(version, '3.6')
    await withEtcd(tarball, async (etcdctl, folder) => {
      const compared = async (): Promise<void> => {
        const file = join(folder, 'backup.db')
        rmSync(file, { force: true })
        await etcdctl('snapshot', 'save', file)
        const tool = existsSync(join(folder, 'etcdutl')) ? 'etcdutl' : 'etcdctl'
        const said = await run(join(folder, tool), ['snapshot', 'status', file, '-w', 'json'], {
          env: { ETCDCTL_API: '3' },
        })
        const theirs = JSON.parse(said.stdout) as EtcdStatus
        expect(snapshotStatus(file)).toMatchObject({
          hash: theirs.hash,
          revision: theirs.revision,
          [isNew ? 'totalKeys' : 'records']: theirs.totalKey,
          totalSizeBytes: theirs.totalSize,
          sizeBytes: readFileSync(file).length,
          clusterVersion: expect.stringMatching(new RegExp(`^${version.split('.').slice(0, 2).join('\\.')}\\.0$`)),
        })
      }
      await compared()
      // More keys than one page has room for, one change of several keys, and a value of many pages.
      for (let batch = 0; batch < 8; batch++) {
        const puts = Array.from({ length: 60 }, (_, index) => `put key${batch}-${index} ${'x'.repeat(1 + index * 7)}`)
        await mustRun(join(folder, 'etcdctl'), [await endpoint(etcdctl), 'txn'], {
          input: `\n${puts.join('\n')}\n\n\n`,
          env: { ETCDCTL_API: '3' },
        })
      }
      await etcdctl('put', 'large', 'y'.repeat(100_000))
      await etcdctl('del', 'key1-', '--prefix')
      await compared()
      await etcdctl('compact', '8')
      await etcdctl('defrag')
      await compared()
    })
  })
})

async function endpoint(etcdctl: (...args: string[]) => Promise<string>): Promise<string> {
  const [status] = JSON.parse(await etcdctl('endpoint', 'status', '-w', 'json')) as { Endpoint: string }[]
  return `--endpoints=${status?.Endpoint}`
}
