import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Run } from '../instruments/run-cli.ts'
import { hostOutput, killHost, labReset, onHost, pauseHost, startHost, unpauseHost, type NodeName } from '../lab/lab.ts'
import { startEtcdDeploy } from './kill/started.ts'
import { footprints } from './support/footprint.ts'
import { freshlyUp } from './support/freshly-up.ts'
import { message } from './support/message.ts'
import { expectRepaired, temporaryOn } from './support/repaired.ts'
import { newSite, type Site } from './support/site.ts'
import { storeOf } from './support/store.ts'
import { eventsOf, problemsOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'
import { untilHealthy } from './support/until-healthy.ts'

/** Hosts that go away, and come back as they were. */
const hosts: NodeName[] = ['node1', 'node2', 'node3']
const inTurn = hasTurn('faults of hosts')

afterAll(async () => {
  if (inTurn) await labReset(hosts)
})

describe.runIf(inTurn)('of a cluster that serves', () => {
  let site: Site
  let changes = 0

  beforeAll(async () => {
    site = await freshlyUp(hosts)
    site.edit({ ssh: { ...site.inventory.ssh, timeouts: { connect: '3s' } } })
    await hostOutput('node1', 'etcdctl put kept through-it-all')
    return () => site.remove()
  })

  test('a host that is switched off: nobody is changed; with it, up goes on', async () => {
    await killHost('node3')
    onTestFinished(() => back('node3'))
    const run = await nobodyChanged()
    message('a host that is switched off', run)
    await back('node3')
    await expectAll()
  })

  test('a frozen host: nobody is changed; thawed, up goes on', async () => {
    await pauseHost('node3')
    onTestFinished(() => unpauseHost('node3').catch(() => {}))
    const run = await nobodyChanged()
    expect(run.seconds).toBeLessThan(20)
    message('a frozen host', run)
    await unpauseHost('node3')
    await expectAll()
  })

  test('a host that freezes as its member restarts: the others are left alone', { timeout: 300_000 }, async () => {
    anotherSetting()
    const controller = startEtcdDeploy(['up', '-i', site.file, '--json'], site.env)
    const [, name] = await controller.said(/"host":"(\w+)","what":"[^"]*","state":"stopping"/)
    const frozen = name as NodeName
    await pauseHost(frozen)
    onTestFinished(() => unpauseHost(frozen).catch(() => {}))
    const others = hosts.filter((host) => host !== frozen)
    const before = await footprints(others)
    const run = await controller.ended
    expect(run.code, run.output).toBe(1)
    expect(problemsOf(run)).toMatchObject([{ host: frozen, message: expect.stringContaining('was lost') }])
    expect(await footprints(others)).toEqual(before)
    expect(await hostOutput(others[0] ?? 'node1', 'etcdctl get kept')).toBe('kept\nthrough-it-all\n')
    message('a host that freezes as its member restarts', run)
    await unpauseHost(frozen)
    await expectAll()
  })

  /** A change of all three is wanted, and does not begin. */
  async function nobodyChanged(): Promise<Run> {
    anotherSetting()
    const before = await footprints(['node1', 'node2'])
    const run = await site.run('up')
    expect(run.code, run.stdout).toBe(1)
    expect(problemsOf(run).map(({ host }) => host)).toEqual(['node3'])
    expect(eventsOf(run, 'change-begin')).toEqual([])
    expect(await footprints(['node1', 'node2'])).toEqual(before)
    return run
  }

  function anotherSetting(): void {
    site.edit({ settings: { 'snapshot-count': 10_000 + ++changes } })
  }

  async function expectAll(): Promise<void> {
    await expectRepaired(site)
    for (const host of hosts) expect(await hostOutput(host, 'etcdctl get kept')).toBe('kept\nthrough-it-all\n')
  }
})

describe.runIf(inTurn)('of a cluster that is made', () => {
  test('a host that loses power as it is sent the binaries: none of them is there half', async () => {
    const site = await freshSite()
    // Programs arrive no faster than they are unpacked.
    const slow = '/usr/local/sbin/gzip'
    await hostOutput('node3', `printf '#!/bin/sh\\nsleep 60\\n' >${slow} && chmod 755 ${slow}`)
    const running = site.run('up')
    await until('node3', 'ls /opt/etcd/bin/.files.etcd-deploy.*/etcd')
    await killHost('node3')
    const run = await running
    expect(run.code, run.stdout).toBe(1)
    message('a host that loses power as it is sent the binaries', run)
    await back('node3')
    expect(await temporaryOn('node3')).not.toBe('')
    expect(await hostOutput('node3', `rm ${slow}; ls /opt/etcd/bin`)).toBe('')
    await expectRepaired(site)
  })

  test('a host that loses power as its member starts', async () => {
    const site = await freshSite()
    const running = site.run('up')
    await until('node3', 'pidof etcd')
    await killHost('node3')
    const run = await running
    expect(run.code, run.stdout).toBe(1)
    expect(wordsOf(run)).toMatch(/^node3\n/m)
    message('a host that loses power as its member starts', run)
    await back('node3')
    await expectRepaired(site)
  })

  test.each([
    ['a clock that is a day behind', '1 day ago', 'node2'],
    ['a clock that is a day ahead', '1 day', 'node1'],
  ] as const)('%s: up tells of it, and makes certificates that hold on all', async (fault, shift, slow) => {
    const fake = '/usr/local/sbin/date'
    const site = await freshSite()
    await hostOutput('node2', `printf '#!/bin/sh\\nexec /bin/date -d "${shift}" "$@"\\n' >${fake}; chmod 755 ${fake}`)
    const run = await site.run('up')
    expect(run.code, run.stdout).toBe(0)
    const [warning] = eventsOf(run, 'warning')
    expect(warning?.host).toBe('node2')
    expect(warning?.message).toMatch(/its clock is at least 2[34] h \d+ min (behind|ahead of) that of node1, node3/)
    message(fault, run)
    const { certificate } = (await storeOf(site)).leaf('node1', 'peer') ?? {}
    const slowest = Date.parse((await hostOutput(slow, 'date -Is')).trim())
    expect(certificate?.notBefore.getTime()).toBeLessThan(slowest)
    await hostOutput('node2', `rm ${fake}`)
    await expectRepaired(site)
  })

  async function freshSite(): Promise<Site> {
    await labReset(hosts)
    const site = await newSite({ nodes: hosts })
    onTestFinished(() => site.remove())
    return site
  }
})

async function until(host: NodeName, command: string): Promise<void> {
  await hostOutput(host, `timeout 30 sh -c 'until ${command} >/dev/null 2>&1; do sleep 0.02; done'`)
}

/** Power is back; it can be logged in to. */
async function back(host: NodeName): Promise<void> {
  await startHost(host)
  await untilHealthy(async () => (await onHost(host, 'ss -Hltn sport = 22 | grep -q :22')).code === 0)
}
