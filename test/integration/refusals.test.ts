import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readCertificates } from '../../src/pki/certificate.ts'
import type { Run } from '../instruments/run-cli.ts'
import { hostOutput, labHost, labReset, type NodeName } from '../lab/lab.ts'
import { footprints } from './support/footprint.ts'
import { holdLock } from './support/hold-lock.ts'
import { message } from './support/message.ts'
import { copyFolder, newSite, type Site } from './support/site.ts'
import { expectDone, problemsOf, wordsOf } from './support/told.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const spare: NodeName = 'node4'
let site: Site
/** `pki/` as it was when the cluster was formed, before more certificates were issued. */
let olderPki: string

beforeAll(async () => {
  await labReset([...hosts, spare])
  site = await newSite({ nodes: hosts })
  await expectDone(site.run('up'))
  olderPki = join(site.folder, 'older-pki')
  mkdirSync(olderPki, { mode: 0o700 })
  copyFolder(site.pki, olderPki)
  site.edit({ tls: { sans: ['etcd.example.com'] } })
  await expectDone(site.run('up'))
})

afterAll(() => site.remove())

/** Exit 3, and the hosts stay as they are. */
async function refused(run: () => Promise<Run>, on: readonly NodeName[] = hosts): Promise<Run> {
  const before = await footprints(on)
  const ended = await run()
  expect(ended.code, ended.stdout + ended.stderr).toBe(3)
  expect(await footprints(on)).toEqual(before)
  return ended
}

async function copyOfSite(): Promise<Site> {
  const copy = await newSite({ nodes: hosts, from: site })
  onTestFinished(() => copy.remove())
  copy.edit(site.inventory)
  return copy
}

async function siteOnSpare(): Promise<Site> {
  const other = await newSite({ nodes: [spare] })
  onTestFinished(async () => {
    other.remove()
    await labReset([spare])
  })
  return other
}

function replacePki(of: Site, by: string): void {
  rmSync(of.pki, { recursive: true })
  mkdirSync(of.pki, { mode: 0o700 })
  copyFolder(by, of.pki)
}

describe('certificates', () => {
  test('a second laptop without pki/ is told the fingerprint that is wanted, and no CA is made', async () => {
    const laptop = await copyOfSite()
    rmSync(laptop.pki, { recursive: true })
    const run = await refused(() => laptop.run('up'))
    const [ca] = readCertificates(await hostOutput('node1', 'cat /etc/etcd/tls/peer-ca.crt'))
    expect(ca?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}/)
    expect(wordsOf(run)).toContain(ca?.fingerprint)
    expect(problemsOf(run).map(({ host }) => host)).toEqual(hosts)
    expect(existsSync(laptop.pki)).toBe(false)
    message('no pki/ on this machine', run)
  })

  test('an older copy of pki/ is told from the newest', async () => {
    const laptop = await copyOfSite()
    replacePki(laptop, olderPki)
    const run = await refused(() => laptop.run('up'))
    expect(wordsOf(run)).toMatch(/is an older copy/)
    message('an older copy of pki/', run)
  })

  test("another cluster's pki/ is not taken", async () => {
    const other = await siteOnSpare()
    await expectDone(other.run('up'))
    const laptop = await copyOfSite()
    replacePki(laptop, other.pki)
    const run = await refused(() => laptop.run('up'))
    expect(wordsOf(run)).toMatch(/trusts another CA/)
    message('pki/ of another cluster', run)
  })
})

describe('data', () => {
  const setAside = 'systemctl stop etcd; mv /var/lib/etcd/member /var/lib/etcd.kept'
  const putBack = async (...names: NodeName[]): Promise<void> => {
    const start = 'mv /var/lib/etcd.kept /var/lib/etcd/member; systemctl start --no-block etcd'
    await Promise.all(names.map((host) => hostOutput(host, start)))
    await hostOutput('node1', 'timeout 30 sh -c "until etcdctl endpoint health --cluster; do sleep 0.2; done"')
  }

  test('a member whose data is gone is not started anew', async () => {
    await hostOutput('node3', setAside)
    onTestFinished(() => putBack('node3'))
    const run = await refused(() => site.run('up'))
    expect(wordsOf(run)).toMatch(/etcd-deploy member replace node3/)
    expect(problemsOf(run).map(({ host }) => host)).toEqual(['node3'])
    message('a member whose data is gone', run)
    await hostOutput('node3', 'echo "/dev/vdb /var/lib/etcd ext4 defaults 0 2" >>/etc/fstab')
    const unmounted = problemsOf(await refused(() => site.run('up')))[0]
    expect(unmounted?.next?.[0]).toMatch(/\/var\/lib\/etcd is in \/etc\/fstab but not mounted/)
    await hostOutput('node3', "sed -i '/vdb/d' /etc/fstab")
  })

  test('a cluster whose data is all gone is not bootstrapped again: hosts and pki/ remember it', async () => {
    await Promise.all(hosts.map((host) => hostOutput(host, setAside)))
    onTestFinished(() => putBack(...hosts))
    const run = await refused(() => site.run('up'))
    expect(problemsOf(run).map(({ host }) => host)).toEqual(hosts)
    message('all data is gone', run)
    const forget = 'mv /var/lib/etcd-deploy /var/lib/kept-state'
    const remember = 'rm -rf /var/lib/etcd-deploy; mv /var/lib/kept-state /var/lib/etcd-deploy'
    await Promise.all(hosts.map((host) => hostOutput(host, forget)))
    onTestFinished(async () => void (await Promise.all(hosts.map((host) => hostOutput(host, remember)))))
    // Now only pki/ knows.
    expect(wordsOf(await refused(() => site.run('up')))).toMatch(/member's data is gone/)
  })

  test('data that nobody of us made is left alone', async () => {
    await hostOutput(spare, 'mkdir -p /var/lib/etcd/member/snap /var/lib/etcd/member/wal')
    const other = await siteOnSpare()
    const run = await refused(() => other.run('up'), [spare])
    expect(wordsOf(run)).toMatch(/\/var\/lib\/etcd holds the data of a member that this inventory knows nothing of/)
    message('data that nobody of us made', run)
    await hostOutput(spare, 'rm -rf /var/lib/etcd; mkdir /var/lib/etcd; echo photos >/var/lib/etcd/holiday.jpg')
    const photos = await refused(() => other.run('up'), [spare])
    expect(wordsOf(photos)).toMatch(/holds other files\n.*\nholiday.jpg/)
    message('other files where the data shall be', photos)
  })

  test('a unit that was made by hand is left alone', async () => {
    await hostOutput(spare, 'printf "[Service]\\nExecStart=/bin/true\\n" >/etc/systemd/system/etcd.service')
    const other = await siteOnSpare()
    const run = await refused(() => other.run('up'), [spare])
    expect(wordsOf(run)).toMatch(/was not made by etcd-deploy/)
    message('a unit that was made by hand', run)
  })

  test("a host of another cluster is not taken, nor ended by another's down", async () => {
    const other = await newSite({ nodes: ['node1'], cluster: 'other' })
    onTestFinished(() => other.remove())
    const run = await refused(() => other.run('up'))
    expect(wordsOf(run)).toMatch(/belongs to cluster test/)
    message('a host of another cluster', run)
    expect(wordsOf(await refused(() => other.run(['down', '--yes'])))).toMatch(/belongs to cluster test/)
  })
})

describe('what has a command of its own', () => {
  test('another version', async () => {
    const copy = await copyOfSite()
    copy.edit({ version: '3.7.3' })
    const run = await refused(() => copy.run('up'))
    expect(wordsOf(run)).toMatch(/etcd 3\.6\.16 runs here, the inventory says 3\.7\.3/)
    message('another version in the inventory', run)
  })

  test('an address that was changed by hand: the very line to run', async () => {
    const moved = '10.213.96.113'
    await hostOutput('node3', `ip addr add ${moved}/24 dev eth0`)
    onTestFinished(async () => void (await hostOutput('node3', `ip addr del ${moved}/24 dev eth0`)))
    const copy = await copyOfSite()
    const ssh = { host: labHost('node3').address }
    copy.edit({ nodes: { ...copy.inventory.nodes, node3: { address: moved, ssh } } })
    const run = await refused(() => copy.run('up'))
    expect(problemsOf(run).flatMap(({ next = [] }) => next)).toContain(`etcd-deploy change-ip node3 ${moved}`)
    message('another address in the inventory', run)
  })

  test('a node more in the inventory', async () => {
    const copy = await copyOfSite()
    copy.edit({ nodes: { ...copy.inventory.nodes, [spare]: { address: labHost(spare).address } } })
    const run = await refused(() => copy.run('up'), [...hosts, spare])
    expect(problemsOf(run).map(({ next }) => next?.[0])).toEqual([`etcd-deploy member add ${spare}`])
    message('a node more in the inventory', run)
  })

  test('a node less in the inventory', async () => {
    const copy = await copyOfSite()
    const { node3: _, ...nodes } = copy.inventory.nodes
    copy.edit({ nodes })
    const run = await refused(() => copy.run('up'))
    expect(problemsOf(run).flatMap(({ next = [] }) => next)).toContain('etcd-deploy member remove node3')
    message('a node less in the inventory', run)
  })
})

describe('others at work', () => {
  const record = JSON.stringify({
    name: 'rotate-certs --ca',
    args: {},
    finish: 'etcd-deploy rotate-certs --ca',
    since: '2026-11-20T10:00:00Z',
    controller: 'ana@laptop',
  })

  test('an unfinished operation on a host: its finishing command is named', async () => {
    await hostOutput('node2', 'cat >/var/lib/etcd-deploy/etcd/operation.json', record)
    const run = await refused(() => site.run('up'))
    expect(wordsOf(run)).toMatch(/finish it: etcd-deploy rotate-certs --ca/)
    expect(wordsOf(run)).toMatch(/ana@laptop/)
    message('an operation that was not finished', run)
    await hostOutput('node2', 'rm /var/lib/etcd-deploy/etcd/operation.json')
  })

  test('an unfinished operation beside the inventory, though the hosts know nothing of it', async () => {
    const copy = await copyOfSite()
    mkdirSync(join(copy.folder, '.etcd-deploy'))
    writeFileSync(join(copy.folder, '.etcd-deploy', 'test.operation.json'), record)
    for (const command of ['up', 'restart', 'plan', 'down --yes'])
      expect(wordsOf(await refused(() => copy.run(command.split(' ')))), command).toMatch(/finish it: /)
  })

  test('another controller holds the lock: who, and since when', async () => {
    const holder = 'ana@laptop, etcd-deploy up, since 2026-11-21T12:00:00.000Z'
    await holdLock('node2', holder, onTestFinished)
    const copy = await copyOfSite()
    copy.edit({ settings: { 'heartbeat-interval': '150ms' } })
    const run = await refused(() => copy.run('up'))
    expect(problemsOf(run)).toMatchObject([{ host: 'node2', answered: `held by ${holder}` }])
    message('another controller at work', run)
    // Looking is no change.
    await expectDone(site.run('up'))
  })
})
