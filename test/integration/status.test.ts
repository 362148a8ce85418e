import { renameSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPki } from '../../src/pki/open.ts'
import type { ClusterStatus, MemberStatus } from '../../src/status/model.ts'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { hostOutput, killHost, labReset, onHost, startHost, type NodeName } from '../lab/lab.ts'
import { footprints } from './support/footprint.ts'
import { newSite, type Site } from './support/site.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
let site: Site

interface Asked extends Run {
  status: ClusterStatus
  of(name: string): MemberStatus
}

async function ask(at: Site = site, args: string[] = []): Promise<Asked> {
  const run = await runEtcdDeploy(['status', at.file, '--json', ...args], { timeoutMs: 60_000, env: at.env })
  // One object, nothing else.
  const status = JSON.parse(run.stdout) as ClusterStatus
  expect(run.code).toBe(status.exitCode)
  const of = (name: string): MemberStatus => {
    const found = status.members.find((member) => member.name === name)
    if (found === undefined) throw new Error(`no ${name} in ${run.stdout}`)
    return found
  }
  return { ...run, status, of }
}

async function table(): Promise<string> {
  const { stdout } = await runEtcdDeploy(['status', site.file], { timeoutMs: 60_000, env: site.env })
  return stdout
}

/** Asks again until it is so: etcd takes its time to notice. */
async function until(isSo: (asked: Asked) => boolean, withinS: number): Promise<Asked> {
  const endMs = performance.now() + withinS * 1000
  for (;;) {
    const asked = await ask()
    if (isSo(asked)) return asked
    if (performance.now() > endMs) throw new Error(`not so within ${withinS} s: ${asked.stdout}`)
    await sleep(1000)
  }
}

const allWell = ({ status }: Asked): boolean => status.exitCode === 0

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts, settings: { 'quota-backend-bytes': '16MiB' } })
  site.edit({ ssh: { ...site.inventory.ssh, timeouts: { start: '60s', connect: '4s' } } })
})

afterAll(() => site.remove())

test('before up: every member is stopped, everything is to be done, nothing breaks', async () => {
  const { status } = await ask()
  expect(status.deployed).toBe(false)
  expect(status.members.map(({ health }) => health)).toEqual(['stopped', 'stopped', 'stopped'])
  expect(new Set(status.drift.changes.map(({ host }) => host))).toEqual(new Set(hosts))
  expect(status.exitCode).toBe(1)
})

describe('a cluster', () => {
  beforeAll(async () => {
    const { code, stdout } = await site.run('up')
    expect(code, stdout).toBe(0)
  })

  test('that is well: one leader, links both ways, nothing to do, and nothing is touched', async () => {
    const before = await footprints(hosts)
    const { status } = await ask()
    expect(status).toMatchObject({ exitCode: 0, operation: null, certificatesDue: [], warnings: [], brokenLinks: [] })
    expect(status.drift).toEqual({ notSeen: null, changes: [], refused: [] })
    expect(status.quorum).toEqual({ voters: 3, healthy: 3, needed: 2, survives: 1 })
    expect(status.members.filter(({ role }) => role === 'leader')).toHaveLength(1)
    expect(status.members.filter(({ role }) => role === 'voter')).toHaveLength(2)
    for (const member of status.members) {
      expect(member.links, member.name).toEqual(
        hosts.filter((host) => host !== member.name).map((to) => ({ to, up: true })),
      )
      expect(member).toMatchObject({ health: 'healthy', version: site.inventory.version, alarms: [] })
      expect(member.db?.quotaBytes).toBe(16 * 2 ** 20)
    }
    expect(await footprints(hosts)).toEqual(before)
  })

  test('shows the certificates that are served: those of pki/', async () => {
    const store = await openPki(site.pki, site.inventory.cluster)
    const { status } = await ask()
    for (const { name, certificates } of status.members) {
      const serials = (['server', 'peer'] as const).map((kind) => store?.leaf(name, kind)?.serial)
      expect(certificates.map(({ seen }) => seen)).toEqual(['served', 'served'])
      expect(certificates.map(({ serial }) => serial)).toEqual(serials)
    }
  })

  test('costs at most two commands a host', async () => {
    const run = await runEtcdDeploy(['status', site.file, '--verbose'], { timeoutMs: 60_000, env: site.env })
    for (const host of hosts) {
      const commands = run.stderr.split('\n').filter((line) => line.includes(`${host}: ran `))
      expect(commands.length, run.stderr).toBeGreaterThanOrEqual(1)
      expect(commands.length, run.stderr).toBeLessThanOrEqual(2)
    }
  })

  test('is readable on 100 columns, with the id of each member', async () => {
    const shown = await table()
    const lines = shown.split('\n')
    expect(lines[0]).toBe('✔ test: 3 members, all healthy; survives 1 more failure')
    for (const host of hosts) expect(lines.filter((line) => line.startsWith(`${host} `))).toHaveLength(1)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    const listed = await hostOutput('node1', 'etcdctl member list')
    for (const [, id = ''] of listed.matchAll(/^([0-9a-f]+),/gm)) expect(shown).toContain(id)
  })

  test('drift: names host and file; after up it is gone', async () => {
    await hostOutput('node2', 'echo "# by hand" >>/etc/etcd/etcd.env')
    const { status } = await ask()
    expect(status.exitCode).toBe(4)
    expect(status.drift.changes.map(({ host, why }) => `${host} ${why}`)).toEqual([
      expect.stringMatching(/^node2 .*\/etc\/etcd\/etcd\.env/),
    ])
    expect(await table()).toMatch(/node2: .*\/etc\/etcd\/etcd\.env/)
    expect((await site.run('up')).code).toBe(0)
    expect((await ask()).status.exitCode).toBe(0)
  })

  test('an unfinished operation is named, with the command that finishes it', async () => {
    const finish = 'etcd-deploy rotate-certs --continue'
    const record = JSON.stringify({
      name: 'rotate-certs --ca',
      finish,
      since: '2026-01-01T00:00:00Z',
      controller: 'ana@laptop',
    })
    await hostOutput('node3', 'cat >/var/lib/etcd-deploy/etcd/operation.json', record)
    const { status } = await ask()
    const shown = await table()
    await hostOutput('node3', 'rm /var/lib/etcd-deploy/etcd/operation.json')
    expect(status.operation).toMatchObject({ name: 'rotate-certs --ca', finish, seenOn: ['node3'] })
    expect(status.exitCode).toBe(4)
    expect(shown).toContain(`finish it: ${finish}`)
  })

  test('without pki/ here: certificates are still seen, links and drift are not, and it says why', async () => {
    renameSync(site.pki, `${site.pki}-away`)
    try {
      const { status } = await ask()
      expect(status.members.map(({ certificates }) => certificates.map(({ seen }) => seen))).toEqual(
        hosts.map(() => ['served', 'served']),
      )
      expect(status.members.map(({ links }) => links)).toEqual([null, null, null])
      expect(status.drift.notSeen).toMatch(/pki/)
      expect(status.exitCode).toBe(0)
    } finally {
      renameSync(`${site.pki}-away`, site.pki)
    }
  })

  test('a member whose data fills its quota: NOSPACE, and what is advised helps', async () => {
    // One key again and again: its history is what compaction drops.
    await onHost(
      'node1',
      'v=$(head -c 1000000 /dev/zero | tr "\\0" x); for i in $(seq 20); do printf %s "$v" | etcdctl put key || break; done',
    )
    const { status } = await ask()
    const alarmed = status.members.filter(({ alarms }) => alarms?.some(({ kind }) => kind === 'NOSPACE'))
    expect(alarmed.map(({ health }) => health)).toContain('alarm')
    expect(status).toMatchObject({ exitCode: 1, quorum: { survives: 1 } })
    const steps = alarmed[0]?.alarms?.[0]?.next ?? []
    for (const step of steps) {
      const [, where, command] = /^on (one|every) host.*?: sudo (etcdctl [a-z0-9 ]+?)(?: {2,}|$)/.exec(step) ?? []
      if (command === undefined) continue
      for (const host of where === 'every' ? hosts : hosts.slice(0, 1)) await hostOutput(host, command)
    }
    await until(allWell, 10)
    await hostOutput('node1', 'etcdctl put key small')
  })

  test('a link that is down one way, which etcd calls healthy', async () => {
    // Reset, not dropped, so that etcd sees it at once; its own resets go out, or the others would hold on to what was open.
    const rule = 'OUTPUT ! -o lo -p tcp --dport 2380 ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset'
    await hostOutput('node1', `iptables -w -I ${rule}`)
    try {
      // In between the others' links to it are seen as down too, until they have dialled it again.
      const isSo = ({ status: { brokenLinks, members } }: Asked): boolean =>
        brokenLinks.length === 2 &&
        brokenLinks.every(({ otherWay }) => otherWay === true) &&
        members.every(({ health }) => health === 'healthy')
      const { status } = await until(isSo, 60)
      await hostOutput('node2', 'etcdctl endpoint health --cluster')
      expect(status.brokenLinks).toEqual([
        { from: 'node1', to: 'node2', otherWay: true },
        { from: 'node1', to: 'node3', otherWay: true },
      ])
      expect(status.exitCode).toBe(1)
    } finally {
      await hostOutput('node1', `iptables -w -D ${rule}`)
    }
    await until(allWell, 30)
  })

  test('sshd gone, member alive: the others can tell', async () => {
    await hostOutput('node3', 'systemctl stop ssh.socket ssh.service 2>/dev/null; pkill -x sshd || true')
    const { status, of } = await ask()
    await hostOutput('node3', 'systemctl start ssh.service')
    expect(of('node3')).toMatchObject({ hostReached: false, health: 'healthy' })
    expect(of('node3').trouble).toMatch(/refused/)
    expect(status).toMatchObject({ exitCode: 1, quorum: { survives: 1 } })
  })

  test('a host without power: unreachable, with the reason; the others are told as ever', async () => {
    await killHost('node3')
    const { status, of, seconds } = await until(({ status: { members } }) => members[2]?.health === 'unreachable', 30)
    const shown = await table()
    await startHost('node3')
    expect(of('node3').trouble).not.toBe('')
    expect(of('node1').health).toBe('healthy')
    expect(status).toMatchObject({ exitCode: 1, quorum: { voters: 3, healthy: 2, survives: 0 } })
    expect(shown).toMatch(/^✖ node3: unreachable: \S/m)
    expect(seconds).toBeLessThan(15)
    await until(allWell, 60)
  })

  test('two of three stopped: quorum is lost, and every member says how it is', async () => {
    for (const host of ['node2', 'node3'] as const) await hostOutput(host, 'systemctl stop etcd')
    const { status, of } = await until(({ of }) => of('node1').health === 'unhealthy', 20)
    expect(status.quorum).toMatchObject({ voters: 3, needed: 2 })
    expect(status.quorum.survives).toBeLessThan(0)
    expect([of('node2').health, of('node3').health]).toEqual(['stopped', 'stopped'])
    expect(await table()).toMatch(/^✖ test: quorum is lost: 2 of 3 needed/)
    expect((await site.run('up')).code).toBe(0)
    await until(allWell, 20)
  })
})

test('one host that sshd does not forward for, with certificates of 20 days: seen directly, and due', async () => {
  await labReset(['node6'])
  const alone = await newSite({ nodes: ['node6'], cluster: 'alone', tls: { leafDays: 20 } })
  try {
    const up = await alone.run('up')
    expect(up.code, up.stdout).toBe(0)
    const { status, of } = await ask(alone)
    expect(of('node6').certificates.map(({ seen }) => seen)).toEqual(['served', 'served'])
    expect(status.certificatesDue.map(({ use }) => use).toSorted()).toEqual(['admin', 'peer', 'server'])
    expect(status.quorum.survives).toBe(0)
    expect(status.exitCode).toBe(4)
  } finally {
    alone.remove()
  }
})
