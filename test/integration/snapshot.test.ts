import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atLeast } from '../../src/etcd/versions.ts'
import type { ClusterStatus } from '../../src/status/model.ts'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { hostOutput, labReset, onHost, type NodeName } from '../lab/lab.ts'
import { prepareReleases } from '../lab/releases/prepare.ts'
import { leadership } from './support/cluster.ts'
import { newSite, type Site } from './support/site.ts'
import { expectDone } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const program = fileURLToPath(import.meta.resolve('../../bin/etcd-deploy.js'))

interface Saved {
  file: string
  member: NodeName
  revision: number
  sizeBytes: number
  sha256: string
}

function save(site: Site, file: string, args: string[] = []): Promise<Run> {
  return runEtcdDeploy(['snapshot', 'save', '-i', site.file, file, ...args], { timeoutMs: 60_000, env: site.env })
}

/** Snapshots, or what is left of them, on a host. */
function leftOn(host: NodeName): Promise<string> {
  return hostOutput(host, 'ls /var/lib/etcd-deploy/etcd | grep snapshot || true')
}

async function expectNothingLeft(site: Site): Promise<void> {
  expect(readdirSync(site.folder).filter((name) => name.includes('.etcd-deploy.'))).toEqual([])
  for (const host of Object.keys(site.inventory.nodes) as NodeName[]) {
    for (let tries = 0; tries < 20 && (await leftOn(host)) !== ''; tries++) await sleep(250)
    expect(await leftOn(host), host).toBe('')
  }
}

describe('three members', () => {
  let site: Site

  beforeAll(async () => {
    await labReset(hosts)
    site = await newSite({ nodes: hosts })
    await expectDone(site.run('up'))
    await hostOutput('node1', 'for i in 1 2 3; do etcdctl put greeting "hello $i"; done')
  })
  afterAll(() => site.remove())

  test('a snapshot restores to what was in the cluster', async () => {
    const file = join(site.folder, 'backup.db')
    const run = await save(site, file, ['--json'])
    expect(run.code, run.stderr).toBe(0)
    const saved = JSON.parse(run.stdout) as Saved
    const bytes = readFileSync(file)
    expect(saved).toMatchObject({ file, revision: 4, sizeBytes: bytes.length })
    expect(saved.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(saved.member).not.toBe((await leadership('node1')).leader)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await expectNothingLeft(site)
    const restored = await hostOutput(
      'node1',
      `base64 -d >/root/backup.db; /opt/etcd/bin/etcdutl snapshot restore /root/backup.db --data-dir /root/restored 2>/dev/null
       unit='systemd-run --quiet --unit=restored'
       $unit /opt/etcd/bin/etcd --data-dir /root/restored --listen-client-urls http://127.0.0.1:9379 --advertise-client-urls http://127.0.0.1:9379 --listen-peer-urls http://127.0.0.1:9380
       for i in $(seq 50); do /opt/etcd/bin/etcdctl --endpoints http://127.0.0.1:9379 get greeting --print-value-only 2>/dev/null && break; sleep 0.1; done
       systemctl stop restored; rm -rf /root/restored /root/backup.db`,
      bytes.toString('base64'),
    )
    expect(restored).toBe('hello 3\n')
  })

  test('says revision, size and member', async () => {
    const run = await save(site, join(site.folder, 'told.db'))
    expect(run.stdout).toMatch(/told\.db: revision 4, .*\(\d+ bytes\), through node[123]\nSHA-256 [0-9a-f]{64}\n/)
  })

  test('never overwrites', async () => {
    const file = join(site.folder, 'mine.db')
    writeFileSync(file, 'mine')
    const run = await save(site, file)
    expect(run.code).toBe(2)
    expect(run.stderr).toMatch(/mine\.db is there already/)
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('a host without space for it says so, before anything is written', async () => {
    const state = '/var/lib/etcd-deploy/etcd'
    const small = `cp -a ${state} /root/state && mount -t tmpfs -o size=1m tmpfs ${state} && cp -a /root/state/. ${state}/`
    for (const host of hosts) await hostOutput(host, small)
    const file = join(site.folder, 'no-space.db')
    const run = await save(site, file)
    for (const host of hosts) await hostOutput(host, `umount ${state} && rm -rf /root/state`)
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/no space for a snapshot[^]*64 MiB needed/)
    expect(existsSync(file)).toBe(false)
  })

  describe('of 60 MB, broken off on its way', () => {
    beforeAll(async () => {
      await hostOutput(
        'node1',
        'v=$(head -c 1000000 /dev/urandom | base64 -w 0); for i in $(seq 45); do printf %s "$v" | etcdctl put big$i >/dev/null; done',
      )
    }, 60_000)

    test.each([
      ['SIGINT', 130],
      ['SIGKILL', null],
    ] as const)('%s: no file, nothing left on the hosts, and it works afterwards', async (signal, expected) => {
      const file = join(site.folder, `${signal}.db`)
      const child = spawn(process.execPath, [program, 'snapshot', 'save', '-i', site.file, file], {
        env: { ...process.env, ...site.env },
      })
      child.stderr.resume()
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
      const temporary = `.${signal}.db.etcd-deploy.${child.pid}`
      const size = (): number => statSync(join(site.folder, temporary), { throwIfNoEntry: false })?.size ?? 0
      while (child.exitCode === null && size() === 0) await sleep(2)
      child.kill(signal)
      expect(await ended).toBe(expected)
      expect(existsSync(file)).toBe(false)
      const again = await save(site, file, ['--json'])
      expect(again.code, again.stderr).toBe(0)
      expect((JSON.parse(again.stdout) as Saved).sizeBytes).toBeGreaterThan(50_000_000)
      await expectNothingLeft(site)
    })
  })

  test('without quorum there is none, and it says why', async () => {
    for (const host of ['node2', 'node3'] as const) await hostOutput(host, 'systemctl stop etcd')
    const file = join(site.folder, 'no-quorum.db')
    const run = await save(site, file)
    for (const host of ['node2', 'node3'] as const) await hostOutput(host, 'systemctl start --no-block etcd')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/quorum needs 2 of 3 members/)
    expect(existsSync(file)).toBe(false)
  })
})

const { ready } = await prepareReleases()
const modes = ['off', 'server', 'mutual'] as const
/** Each version with one mode: together every pair of versions that differ in tools meets every mode. */
const cells = ready.map(({ version }, index) => ({ version, mode: modes[index % modes.length] ?? 'off' }))

test.each(cells)('etcd $version, TLS $mode: a snapshot, and a status that is well', async ({ version, mode }) => {
  await labReset(['node1'])
  const site = await newSite({ nodes: ['node1'], version, tls: { mode }, cluster: 'single' })
  try {
    const up = await site.run('up')
    expect(up.code, up.stdout).toBe(0)
    const revision = Number(/"revision":(\d+)/.exec(await hostOutput('node1', 'etcdctl put a b -w json'))?.[1])
    const file = join(site.folder, 'backup.db')
    const run = await save(site, file, ['--json'])
    expect(run.code, run.stderr).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({ revision, sizeBytes: statSync(file).size })
    await expectNothingLeft(site)
    const here = await runEtcdDeploy(['snapshot', 'status', file, '--json'], { timeoutMs: 60_000, env: site.env })
    const theirs = await hostOutput(
      'node1',
      `base64 -d >/root/backup.db; tool=/opt/etcd/bin/etcdutl; [ -e "$tool" ] || tool=/opt/etcd/bin/etcdctl
       ETCDCTL_API=3 "$tool" snapshot status /root/backup.db -w json; rm /root/backup.db`,
      readFileSync(file).toString('base64'),
    )
    const { hash, totalKey, totalSize } = JSON.parse(theirs) as Record<'hash' | 'totalKey' | 'totalSize', number>
    expect(JSON.parse(here.stdout)).toMatchObject({
      revision,
      hash: hash.toString(16),
      totalSizeBytes: totalSize,
      [atLeast(version, '3.6') ? 'totalKeys' : 'records']: totalKey,
    })
    const asked = await runEtcdDeploy(['status', site.file, '--json'], { timeoutMs: 60_000, env: site.env })
    const status = JSON.parse(asked.stdout) as ClusterStatus
    expect(status.exitCode, asked.stdout).toBe(0)
    const [member] = status.members
    expect(member).toMatchObject({ version, role: 'leader', health: 'healthy', alarms: [], raft: { lag: 0 } })
    expect(member?.db?.quotaBytes).toBe(2 * 2 ** 30)
    expect(member?.certificates.map(({ seen }) => seen)).toEqual(mode === 'off' ? [] : ['served', 'served'])
  } finally {
    await onHost('node1', 'systemctl stop etcd')
    site.remove()
  }
})
