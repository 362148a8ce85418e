import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import type { NodeOptions } from '../../src/inventory/define.ts'
import { hostOutput, labHost, labReset, type NodeName } from '../lab/lab.ts'
import { lockIsFree } from './kill/leftovers.ts'
import { startEtcdDeploy } from './kill/started.ts'
import { leadership } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { freshlyUp } from './support/freshly-up.ts'
import { startTimes } from './support/leaves.ts'
import { message } from './support/message.ts'
import { expectRepaired } from './support/repaired.ts'
import { newSite, type Site } from './support/site.ts'
import { problemsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

/** The way between controller and hosts is cut while members start and restart. */
const hosts: NodeName[] = ['node1', 'node2', 'node3']
const inTurn = hasTurn('faults of networks')

afterAll(async () => {
  if (inTurn) await labReset(hosts)
})

test.runIf(inTurn)(
  'SSH is cut as the member starts: the member comes up by itself, and the command again need not start anybody',
  { timeout: 300_000 },
  async () => {
    await labReset(hosts)
    const site = await newSite({ nodes: hosts })
    onTestFinished(() => site.remove())
    const running = site.run('up')
    await hostOutput('node2', "timeout 30 sh -c 'until pidof etcd; do sleep 0.02; done'")
    await cutFromController(['node2'])
    const run = await running
    expect(run.code, run.stdout).toBe(1)
    expect(problemsOf(run)).toMatchObject([{ host: 'node2', message: expect.stringContaining('was lost') }])
    message('SSH is cut as the member starts', run)
    await hostOutput('node1', 'etcdctl endpoint health --cluster')
    await hostOutput('node1', 'etcdctl put kept through-it-all')
    const started = await startTimes(hosts)
    await restoreController(['node2'])
    await expectRepaired(site)
    expect(await startTimes(hosts)).toEqual(started)
    expect(await hostOutput('node2', 'etcdctl get kept')).toBe('kept\nthrough-it-all\n')
  },
)

test.runIf(inTurn)(
  "a controller's network is gone for two minutes while a script of it runs: a second one takes over, and nothing that the first left changes anything",
  { timeout: 600_000 },
  async () => {
    const site = await freshlyUp(hosts)
    onTestFinished(() => site.remove())
    await hostOutput('node1', 'etcdctl put kept through-it-all')
    const { leader } = await leadership('node1')
    const [first = 'node1'] = hosts.filter((host) => host !== leader)
    site.edit({
      settings: { 'snapshot-count': 10_001 },
      ssh: { ...site.inventory.ssh, timeouts: { start: '70s' } },
    })
    // The member that restarts is waited for, and after that its previous files would come back.
    await hostOutput(first, `systemd-run -q --unit freeze sh -c '${freezeNext}'`)
    const one = startEtcdDeploy(['up', '-i', site.file, '--json'], site.env)
    onTestFinished(() => one.signal('SIGKILL'))
    await one.said(new RegExp(`"host":"${first}","what":"restart the member","state":"waiting for peers"`))
    expect(await hostOutput(first, settings)).toContain('10001')
    await cutFromController(hosts)
    const sinceMs = performance.now()

    const other = await secondController(site)
    const run = await other.run('up')
    expect(run.code, run.stdout).toBe(3)
    expect(problemsOf(run)[0]?.answered).toMatch(/held by .*, etcd-deploy up, since 20/)
    message('the lock of a controller whose network is gone', run)
    for (const host of hosts) await expect.poll(() => lockIsFree(host), { timeout: 60_000, interval: 1000 }).toBe(true)
    expect(performance.now() - sinceMs).toBeLessThan(60_000)
    await hostOutput(first, 'pkill -CONT -x etcd')
    await expectRepaired(other)
    const [after, started] = [await footprints(hosts), await startTimes(hosts)]
    const gone = await one.ended
    expect(gone.code, gone.output).toBe(1)
    expect(problemsOf(gone)[0]?.message).toMatch(/was lost/)
    message('a controller whose network is gone', gone)
    await sleep(Math.max(0, 120_000 - (performance.now() - sinceMs)))
    await restoreController(hosts)
    await sleep(3000)
    expect([await footprints(hosts), await startTimes(hosts)]).toEqual([after, started])
    for (const host of hosts) {
      expect(await hostOutput(host, settings), host).toContain('10002')
      expect(await hostOutput(host, 'etcdctl get kept'), host).toBe('kept\nthrough-it-all\n')
    }
  },
)

const freezeNext =
  'old=$(pidof etcd); until new=$(pidof etcd) && [ "$new" != "$old" ]; do sleep 0.01; done; kill -STOP $new'
const settings = 'grep SNAPSHOT_COUNT /etc/etcd/etcd.env'

/** It comes by IPv6, as another machine would by another way, and wants something else. */
async function secondController(of: Site): Promise<Site> {
  const other = await newSite({ nodes: hosts, from: of })
  onTestFinished(() => other.remove())
  const nodes = hosts.map((name): [string, NodeOptions] => {
    const { address, address6 } = labHost(name)
    return [name, { address, ssh: { host: address6 } }]
  })
  other.edit({ nodes: Object.fromEntries(nodes), settings: { 'snapshot-count': 10_002 } })
  return other
}

const rules = ['INPUT ! -i lo -p tcp --dport 22', 'OUTPUT ! -o lo -p tcp --sport 22']

/** Silence by IPv4, in both directions. */
async function cutFromController(from: readonly NodeName[]): Promise<void> {
  onTestFinished(() => restoreController(from))
  await on(from, (rule) => `iptables -w -I ${rule} -j DROP`)
}

async function restoreController(from: readonly NodeName[]): Promise<void> {
  await on(from, (rule) => `while iptables -w -D ${rule} -j DROP 2>/dev/null; do :; done`)
}

async function on(some: readonly NodeName[], line: (rule: string) => string): Promise<void> {
  await Promise.all(some.map((host) => hostOutput(host, rules.map(line).join('\n'))))
}
