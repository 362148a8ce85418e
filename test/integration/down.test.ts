import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { hostOutput, labReset, type NodeName } from '../lab/lab.ts'
import { expectHealthy, leadership } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { newSite, type Site, type SiteOptions } from './support/site.ts'
import { expectDone, problemsOf, takenDown, wordsOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']

beforeEach(async () => {
  await labReset(hosts)
})

async function siteWithCluster(options: Partial<SiteOptions> = {}): Promise<Site> {
  const site = await newSite({ nodes: hosts, ...options })
  onTestFinished(() => site.remove())
  await expectDone(site.run('up'))
  return site
}

/** What `down` may leave: accounts, and data that was set aside. */
function left(host: NodeName): Promise<string> {
  return hostOutput(
    host,
    `ls -d /etc/etcd* /opt/etcd* /usr/local/bin/etcdctl /etc/systemd/system/etcd.service /var/lib/etcd-deploy \\
       /etc/systemd/system/multi-user.target.wants/etcd.service 2>/dev/null
     ls -A /var/lib/etcd; systemctl show etcd -p LoadState,ActiveState`,
  )
}

test('down sets data aside under a dated name, leaves no trace, and up then begins anew with the same CA', async () => {
  const site = await siteWithCluster()
  const read = async () => ({
    ca: await hostOutput('node1', 'cat /etc/etcd/tls/peer-ca.crt'),
    token: await hostOutput('node1', 'sed -n s/^ETCD_INITIAL_CLUSTER_TOKEN=//p /etc/etcd/etcd.env'),
  })
  const before = await read()
  await hostOutput('node1', 'etcdctl put kept yes')
  const { code, stdout, stderr } = await site.run(['down', '--yes'])
  expect(code, stdout + stderr).toBe(0)
  expect(stdout + stderr).toMatch(/node1.*: data set aside as \/var\/lib\/etcd\/member\.\d{4}-/)
  for (const host of hosts)
    expect(await left(host), host).toMatch(
      /^member\.\d{4}-\d\d-\d\dT\d{6}Z\nLoadState=not-found\nActiveState=inactive\n$/,
    )
  // Again: nothing is left to end.
  await expectDone(site.run(['down', '--yes']))
  await expectDone(site.run('up'))
  await expectHealthy('node1')
  const after = await read()
  expect(after.ca).toBe(before.ca)
  expect(after.token).not.toBe(before.token)
  expect(await hostOutput('node1', 'etcdctl get kept')).toBe('')
  expect(await hostOutput('node1', 'ls -A /var/lib/etcd')).toMatch(/^member\nmember\.\d{4}-/)
})

test('down asks for the name of the cluster, and is refused where nobody can type it', async () => {
  const site = await siteWithCluster({ nodes: ['node1'] })
  const before = await footprints(['node1'])
  const run = await site.run('down', { input: 'test\n' })
  expect(run.code).toBe(3)
  expect(wordsOf(run)).toMatch(/--yes/)
  expect(await footprints(['node1'])).toEqual(before)
})

test('down --purge deletes the data too, also what was set aside earlier', async () => {
  const site = await siteWithCluster({ nodes: ['node1'] })
  await expectDone(site.run(['down', '--yes']))
  await expectDone(site.run('up'))
  await expectDone(site.run(['down', '--yes', '--purge']))
  expect(await left('node1')).toBe('LoadState=not-found\nActiveState=inactive\n')
})

test('a data directory that is a mount point, lost+found and all; a WAL directory of its own', async () => {
  await hostOutput(
    'node1',
    `mkdir -p /var/lib/etcd /srv/wal; mount -t tmpfs -o size=900m disk /var/lib/etcd; mount -t tmpfs -o size=900m wal /srv/wal
     mkdir /var/lib/etcd/lost+found /srv/wal/lost+found`,
  )
  const site = await siteWithCluster({ nodes: ['node1'], paths: { wal: '/srv/wal' } })
  await expectHealthy('node1')
  await expectDone(site.run(['down', '--yes']))
  expect(await hostOutput('node1', 'ls -A /var/lib/etcd; mountpoint /var/lib/etcd')).toMatch(
    /^lost\+found\nmember\.\d{4}-\S+\n\/var\/lib\/etcd is a mountpoint/,
  )
  expect(await hostOutput('node1', 'ls /srv/wal')).toMatch(/^lost\+found\n\S+\.\d{4}-\d\d-\d\dT\d{6}Z\n$/)
  await expectDone(site.run('up'))
  await expectHealthy('node1')
})

test('restart takes all members down one at a time, the leader last', async () => {
  const site = await siteWithCluster()
  const starts = () =>
    Promise.all(hosts.map((host) => hostOutput(host, 'systemctl show etcd -p ExecMainStartTimestampMonotonic')))
  const before = await starts()
  const { leader } = await leadership('node1')
  const run = await site.run('restart')
  expect(run.code, run.stdout).toBe(0)
  expect(takenDown(run).toSorted()).toEqual(hosts)
  expect(takenDown(run).at(-1)).toBe(leader)
  const after = await starts()
  for (const [index, host] of hosts.entries()) expect(after[index], host).not.toBe(before[index])
  await expectDone(site.run(['restart', '--on', 'node2']))
  const again = await starts()
  expect(again.map((start, index) => start !== after[index])).toEqual([false, true, false])
})

test('the only member is restarted with --allow-downtime alone; without a terminal that is said', async () => {
  const site = await siteWithCluster({ nodes: ['node1'] })
  const before = await footprints(['node1'])
  const run = await site.run('restart')
  expect(run.code).toBe(3)
  expect(wordsOf(run)).toMatch(/1 voter, quorum 1, healthy 1: without node1 0 would be left/)
  expect(wordsOf(run)).toMatch(/--allow-downtime/)
  expect(await footprints(['node1'])).toEqual(before)
  await expectDone(site.run(['restart', '--allow-downtime']))
  expect(await footprints(['node1'])).not.toEqual(before)
})

test('no member is restarted while another one is down and cannot come back', async () => {
  const site = await siteWithCluster()
  await hostOutput('node3', 'systemctl stop etcd; mv /opt/etcd/bin/etcd /opt/etcd/bin/gone')
  const before = await footprints(['node1', 'node2'])
  const run = await site.run('restart')
  expect(run.code, run.stdout).toBe(1)
  expect(problemsOf(run)).toMatchObject([{ host: 'node3' }])
  expect(await footprints(['node1', 'node2'])).toEqual(before)
})
