import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Run } from '../instruments/run-cli.ts'
import { cutPort, healPorts, hostOutput, labHost, labReset, stateFiles, type NodeName } from '../lab/lab.ts'
import { footprints } from './support/footprint.ts'
import { message } from './support/message.ts'
import { newSite, type Site, type SiteOptions } from './support/site.ts'
import { eventsOf, problemsOf, wordsOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']

beforeAll(async () => {
  await labReset(hosts)
})

async function siteFor(options: Partial<SiteOptions> = {}): Promise<Site> {
  const site = await newSite({ nodes: hosts, ...options })
  onTestFinished(() => site.remove())
  return site
}

/** Nothing changed on any host; 3 where a bootstrap lacks a host. */
async function stopped(run: () => Promise<Run>, code = 1): Promise<Run> {
  const before = await footprints(hosts)
  const ended = await run()
  expect(ended.code, ended.stdout + ended.stderr).toBe(code)
  expect(await footprints(hosts)).toEqual(before)
  expect(eventsOf(ended, 'change-begin')).toEqual([])
  return ended
}

afterEach(async () => {
  await healPorts('node2')
})

test('several problems of several hosts are told together', async () => {
  await hostOutput('node1', 'systemd-run -q --unit squatter systemd-socket-activate -a -l 0.0.0.0:2380 cat')
  onTestFinished(async () => void (await hostOutput('node1', 'systemctl stop squatter')))
  await hostOutput('node2', 'touch /var/lib/etcd')
  onTestFinished(async () => void (await hostOutput('node2', 'rm /var/lib/etcd')))
  const site = await siteFor()
  site.edit({
    nodes: { ...site.inventory.nodes, node3: { address: labHost('node3').address, ssh: { user: 'nobody' } } },
  })
  const run = await stopped(() => site.run('up'), 3)
  message('problems of several hosts', run)
  const told = Object.groupBy(problemsOf(run), ({ host = '' }) => host)
  expect(told['node1']?.map(({ message }) => message)).toEqual(['peer port 2380 is taken by another program'])
  expect(told['node2']?.map(({ message }) => message)).toContain('/var/lib/etcd is not a folder')
  expect(told['node3']).toHaveLength(1)
  expect(told['node3']?.[0]?.message).toMatch(/nobody/)
})

describe('what is not ours', () => {
  test("somebody's etcd on our port, under a unit of another name", async () => {
    // Known by its name alone: what it does is no matter.
    await hostOutput('node1', 'mkdir -p /srv/hand-made; cp /usr/bin/systemd-socket-activate /srv/hand-made/etcd')
    await hostOutput('node1', 'systemd-run -q --unit my-etcd /srv/hand-made/etcd -a -l 0.0.0.0:2379 cat')
    onTestFinished(async () => void (await hostOutput('node1', 'systemctl stop my-etcd; rm -r /srv/hand-made')))
    const site = await siteFor()
    const run = await stopped(() => site.run('up'), 3)
    expect(problemsOf(run).map(({ host, message }) => [host, message])).toEqual([
      ['node1', 'another etcd runs here, as unit my-etcd.service, and holds our client port 2379'],
    ])
    expect(wordsOf(run)).toMatch(/etcd-deploy adopt/)
    message('an etcd of somebody else', run)
  })

  test('binaries and settings that are there already', async () => {
    await hostOutput('node2', 'mkdir -p /opt/etcd/bin /etc/etcd; touch /opt/etcd/bin/etcd /etc/etcd/etcd.conf.yml')
    onTestFinished(async () => void (await hostOutput('node2', 'rm -r /opt/etcd /etc/etcd')))
    const site = await siteFor()
    const run = await stopped(() => site.run('up'), 3)
    expect(problemsOf(run).map(({ host, message }) => [host, message])).toEqual([
      ['node2', '/opt/etcd/bin/etcd is there and not ours'],
      ['node2', '/etc/etcd/etcd.conf.yml is there and not ours'],
    ])
    message('files that are there and not ours', run)
  })
})

test('a disk for the data that is not mounted', async () => {
  await hostOutput('node3', 'echo "/dev/vdb /var/lib/etcd ext4 defaults 0 2" >>/etc/fstab')
  onTestFinished(async () => void (await hostOutput('node3', "sed -i '/vdb/d' /etc/fstab")))
  const site = await siteFor()
  const run = await stopped(() => site.run('up'), 3)
  expect(problemsOf(run)).toMatchObject([{ host: 'node3' }])
  expect(problemsOf(run)[0]?.next?.[0]).toMatch(/\/var\/lib\/etcd is in \/etc\/fstab but not mounted/)
  message('a data disk that is not mounted', run)
})

test('a host that does not answer is named with what was tried', async () => {
  const site = await siteFor()
  const ssh = { host: '10.213.96.199', timeouts: { connect: '2s' } }
  site.edit({ nodes: { ...site.inventory.nodes, node3: { address: labHost('node3').address, ssh } } })
  const run = await stopped(() => site.run('up'), 3)
  expect(problemsOf(run)).toMatchObject([{ host: 'node3' }])
  expect(problemsOf(run)[0]?.tried).toMatch(/10\.213\.96\.199/)
  message('a host that does not answer', run)
})

test('a blocked peer port is named within seconds, before anything is changed', async () => {
  await cutPort('node2', 2380, 'in')
  const site = await siteFor()
  const run = await stopped(() => site.run('up'))
  expect(run.seconds).toBeLessThan(10)
  expect(wordsOf(run)).toMatch(/node1 does not reach the peer port of node2/)
  expect(wordsOf(run)).toMatch(/node3 does not reach the peer port of node2/)
  expect(wordsOf(run)).toMatch(/open TCP port 2380 on node2/)
  message('a blocked peer port', run)
  // The host's own firewall is named with what would open it, and is not touched
  expect(wordsOf(run)).toMatch(/iptables -I INPUT -p tcp -m multiport --dports 2379,2380 -j ACCEPT/)
  expect(await hostOutput('node2', 'iptables -S INPUT')).not.toContain('multiport')
})

test('a peer port that a firewall rejects, as firewalld does, is no free port', async () => {
  const rule = 'INPUT ! -i lo -p tcp --dport 2380 -j REJECT --reject-with icmp-admin-prohibited'
  onTestFinished(async () => void (await hostOutput('node2', `iptables -w -D ${rule}`)))
  await hostOutput('node2', `iptables -w -I ${rule}`)
  const site = await siteFor()
  const run = await stopped(() => site.run('up'))
  expect(wordsOf(run)).toMatch(/node1 does not reach the peer port of node2: a firewall rejects it/)
  message('a peer port that a firewall rejects', run)
})

test('an address that the host does not have', async () => {
  const site = await siteFor()
  const ssh = { host: labHost('node3').address }
  site.edit({ nodes: { ...site.inventory.nodes, node3: { address: '10.213.96.77', ssh } } })
  const run = await stopped(() => site.run('up'))
  expect(wordsOf(run)).toMatch(/the host does not have the address 10\.213\.96\.77/)
  message('an address that the host does not have', run)
})

test('a password that sudo refuses', async () => {
  const site = await siteFor({ user: 'ops' })
  site.edit({ ssh: { ...site.inventory.ssh, sudo: { password: { env: 'WRONG' } } } })
  const run = await stopped(() => site.run('up', { env: { WRONG: 'not-the-password' } }), 3)
  expect(problemsOf(run)).toHaveLength(3)
  const refused = problemsOf(run).filter(({ message: said }) => said.endsWith('as it was refused'))
  expect(refused).toHaveLength(1)
  expect(run.stdout + run.stderr).not.toContain('not-the-password')
  message('a password that sudo refuses', run)
})

test('a host key that known_hosts does not have: shown, and refused where nobody can be asked', async () => {
  const site = await siteFor()
  site.edit({ ssh: { ...site.inventory.ssh, knownHosts: '/dev/null' } })
  const run = await stopped(() => site.run('up'), 3)
  expect(wordsOf(run)).toMatch(/SHA256:/)
  expect(wordsOf(run)).toMatch(/--accept-new-host-keys/)
  message('a host key that nobody knows', run)
})

test('ops, whose sudo asks for a password, brings up a cluster; another etcd elsewhere on the host is fine', async () => {
  await hostOutput('node1', 'systemd-run -q --unit other-etcd systemd-socket-activate -a -l 0.0.0.0:12380 cat')
  const site = await siteFor({ nodes: ['node1'], user: 'ops' })
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(0)
  expect(await hostOutput('node1', 'etcdctl endpoint health 2>&1')).toMatch(/is healthy/)
  const password = readFileSync(stateFiles.opsPassword, 'utf8').trim()
  expect(run.stdout + run.stderr).not.toContain(password)
})

test('of two controllers that begin at the same instant one brings the cluster up; addresses that wander change nothing', async () => {
  const nodes: NodeName[] = ['node2', 'node3']
  const sites = [await siteFor({ nodes }), await siteFor({ nodes })] as const
  const runs = await Promise.all(sites.map((site) => site.run('up')))
  expect(new Set(runs.map(({ code }) => code)), runs.map(({ stdout }) => stdout).join()).toEqual(new Set([0, 3]))
  const winner = sites[runs[0]?.code === 0 ? 0 : 1]
  const vips = ['10.213.96.200/32', '10.213.96.201/24']
  onTestFinished(async () => {
    for (const vip of vips) await hostOutput('node3', `ip addr del ${vip} dev eth0 2>/dev/null || :`)
  })
  for (const vip of vips) await hostOutput('node3', `ip addr add ${vip} dev eth0`)
  const again = await winner.run('up')
  expect(again.code).toBe(0)
  expect(eventsOf(again, 'task-begin')).toEqual([])
  expect(eventsOf(again, 'change-begin')).toEqual([])
})
