import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { hostOutput, labReset, onHost, type NodeName } from '../lab/lab.ts'
import { startReleaseServer, type ReleaseServer } from '../lab/releases/server.ts'
import { footprints } from './support/footprint.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, summaryOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
let server: ReleaseServer
let site: Site
let fresh: Run

beforeAll(async () => {
  await labReset(hosts)
  server = await startReleaseServer()
  site = await newSite({ nodes: hosts, binaries: { mirror: server.mirror } })
  fresh = await site.run('up', { env: { XDG_CACHE_HOME: join(site.folder, 'cache') } })
})

afterAll(async () => {
  await server.close()
  site.remove()
})

test('up brings three plain hosts to a healthy cluster', async () => {
  expect(fresh.code, fresh.stdout).toBe(0)
  const health = JSON.parse(await hostOutput('node1', 'etcdctl endpoint health --cluster -w json')) as {
    health: boolean
  }[]
  expect(health.map((endpoint) => endpoint.health)).toEqual([true, true, true])
})

test('a fresh up costs each host at most six commands', () => {
  const { commands } = summaryOf(fresh)
  expect(Object.keys(commands)).toEqual(hosts)
  for (const host of hosts) expect(commands[host], host).toBeLessThanOrEqual(6)
})

test('a rerun changes nothing and costs at most two commands a host', async () => {
  const before = await footprints(hosts)
  const again = await site.run('up')
  expect(again.code, again.stdout).toBe(0)
  expect(summaryOf(again)).toMatchObject({ changed: [], restarted: [], unchanged: hosts })
  for (const host of hosts) expect(summaryOf(again).commands[host], host).toBeLessThanOrEqual(2)
  expect(await footprints(hosts)).toEqual(before)
})

test('a rerun says that there is nothing to change', async () => {
  const { stderr, stdout } = await runEtcdDeploy(['up', site.file], { timeoutMs: 60_000, env: site.env })
  expect(stdout + stderr).toMatch(/nothing to change/i)
})

test('with --json, stdout carries events and nothing else', () => {
  const lines = fresh.stdout.trimEnd().split('\n')
  expect(fresh.events).toHaveLength(lines.length)
  expect(fresh.events.at(0)?.type).toBe('run-begin')
  expect(fresh.events.at(-1)).toMatchObject({ type: 'run-end', exitCode: 0 })
})

test('files on the hosts have the owner and mode that they need', async () => {
  const expected: Record<string, string> = {
    '/etc/etcd': '750 root:etcd',
    '/etc/etcd/etcd.env': '640 root:etcd',
    '/etc/etcd/tls': '750 root:etcd',
    '/etc/etcd/tls/server.key': '600 etcd:etcd',
    '/etc/etcd/tls/peer.key': '600 etcd:etcd',
    '/etc/etcd/tls/client.crl': '640 root:etcd',
    '/etc/etcd-admin': '750 root:etcd-admin',
    '/etc/etcd-admin/admin.key': '640 root:etcd-admin',
    '/etc/systemd/system/etcd.service': '644 root:root',
    '/usr/local/bin/etcdctl': '755 root:root',
    '/opt/etcd/bin/etcd': '755 root:root',
    '/var/lib/etcd': '700 etcd:etcd',
    '/var/lib/etcd/member': '700 etcd:etcd',
  }
  const paths = Object.keys(expected)
  for (const host of hosts) {
    const lines = (await hostOutput(host, `stat -c '%n|%a %U:%G' ${paths.join(' ')}`)).trim().split('\n')
    expect(Object.fromEntries(lines.map((line) => line.split('|'))), host).toEqual(expected)
  }
})

test('the unit is hardened: its exposure is at most 1.5', async () => {
  const exposure = /exposure level for etcd\.service: ([\d.]+)/.exec(
    await hostOutput('node1', 'systemd-analyze security etcd.service --no-pager'),
  )
  expect(Number(exposure?.[1])).toBeLessThanOrEqual(1.5)
})

test('the key of the CA stays on the controller, closed to others', async () => {
  const caKeys = pkiFiles(site.pki).filter((path) => /ca.*\.key$/.test(path))
  expect(caKeys.length).toBeGreaterThan(0)
  expect(statSync(site.pki).mode & 0o777).toBe(0o700)
  for (const key of caKeys) {
    expect(statSync(key).mode & 0o777, key).toBe(0o600)
    const secret = readFileSync(key, 'utf8').split('\n')[1] ?? ''
    expect(secret.length).toBeGreaterThan(30)
    for (const host of hosts) {
      const search = `grep -rlF -e '${secret}' /etc /opt /usr/local /var /root /home /tmp /run 2>/dev/null`
      expect((await onHost(host, search)).stdout, host).toBe('')
    }
  }
})

test('the run log is closed to others and holds no secret', () => {
  const folder = join(site.folder, 'state', 'etcd-deploy', 'runs')
  const [name = ''] = readdirSync(folder)
  const log = join(folder, name)
  expect(statSync(log).mode & 0o777).toBe(0o600)
  const text = readFileSync(log, 'utf8')
  expect(text).toContain('"type":"change-end"')
  expect(text + fresh.stdout + fresh.stderr).not.toMatch(/PRIVATE KEY/)
  for (const path of pkiFiles(site.pki).filter((each) => each.endsWith('.key'))) {
    const secret = readFileSync(path, 'utf8').split('\n')[1] ?? ''
    expect(text.includes(secret), path).toBe(false)
  }
})

test('a private key that was changed is put right, nobody restarts, and no key is shown', async () => {
  const start = () => hostOutput('node1', 'systemctl show etcd -p ExecMainStartTimestampMonotonic')
  const before = await start()
  await hostOutput('node1', 'echo changed >>/etc/etcd/tls/server.key')
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(0)
  expect(summaryOf(run)).toMatchObject({ changed: ['node1'], restarted: [] })
  expect(eventsOf(run, 'change-begin').map(({ diff }) => diff)).toEqual([
    expect.stringContaining('/etc/etcd/tls/server.key'),
  ])
  expect(run.stdout + run.stderr).not.toMatch(/PRIVATE KEY/)
  expect(await start()).toBe(before)
})

test.each([
  ['root', 'etcdctl endpoint health --cluster'],
  ['root', 'etcdctl member list'],
  ['deploy', 'sudo etcdctl endpoint health --cluster'],
  ['deploy', 'sudo etcdctl member list'],
  ['root', 'etcdctl --endpoints=https://127.0.0.1:2379 endpoint status'],
  ['root', 'ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 etcdctl endpoint status'],
  [
    'root',
    'etcdctl --cacert=/etc/etcd-admin/ca.crt --cert=/etc/etcd-admin/admin.crt --key=/etc/etcd-admin/admin.key get x',
  ],
  ['root', 'ETCDCTL_CACERT=/etc/etcd-admin/ca.crt etcdctl get x'],
  [
    'root',
    'ETCDCTL_CERT=/etc/etcd-admin/admin.crt ETCDCTL_KEY=/etc/etcd-admin/admin.key etcdctl --cacert /etc/etcd-admin/ca.crt get x',
  ],
  ['root', 'cd /tmp && etcdctl snapshot save /var/tmp/s.db'],
])('on a host, as %s: %s', async (user, command) => {
  const ran = await onHost('node2', `su -s /bin/sh ${user} -c '${command}'`)
  expect(ran.code, ran.stdout + ran.stderr).toBe(0)
})

test('who may not read the admin key is told to use sudo', async () => {
  const ran = await onHost('node2', `su -s /bin/sh deploy -c 'etcdctl member list'`)
  expect(ran.code).not.toBe(0)
  expect(ran.stderr).toMatch(/use sudo/)
})

test('members of the admin group need no sudo', async () => {
  await hostOutput('node3', 'usermod -aG etcd-admin deploy')
  const ran = await onHost('node3', `su -s /bin/sh deploy -c 'etcdctl endpoint health --cluster'`)
  expect(ran.code, ran.stdout + ran.stderr).toBe(0)
})

test('sound hosts give no warning', () => {
  expect(eventsOf(fresh, 'warning')).toEqual([])
})

function pkiFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
