import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { countEvents } from '../instruments/kill-events.ts'
import { startRecorder } from '../instruments/recorder.ts'
import type { Run } from '../instruments/run-cli.ts'
import { otherAddress, setAddresses } from '../lab/addresses.ts'
import { cutPort, healPorts, hostOutput, killHost, labHost, labReset, startHost, type NodeName } from '../lab/lab.ts'
import { atEach, ending, picked, told } from './kill/at-events.ts'
import { lockIsFree, temporaryIn } from './kill/leftovers.ts'
import { clientsAt, expectHealthy } from './support/cluster.ts'
import { newSite, type Site } from './support/site.ts'
import { expectDone } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  await Promise.all(hosts.map((host) => setAddresses(host, [labHost(host).address, otherAddress(host)])))
  site = await newSite({ nodes: hosts })
  await expectDone(site.run('up'))
})

afterAll(async () => {
  site.remove()
  await labReset(hosts)
})

test.runIf(hasTurn('change-ip killed'))(
  'change-ip, killed: nothing is lost, and done again it finishes',
  { timeout: 3_600_000 },
  async () => {
    let at = labHost('node2').address
    const places = [at, otherAddress('node2')]
    const move = async (options: { killAt?: number } = {}): Promise<{ first: Run; command: string[] }> => {
      at = places.find((place) => place !== at) ?? at
      const command = ['change-ip', 'node2', at, '--yes', '--no-snapshot']
      return { first: await site.run(command, options), command }
    }
    const whole = await move()
    expect(whole.first.code, told(whole.first)).toBe(0)
    await atEach(picked(countEvents(whole.first.events), 'change-ip', 2), async (killAt) => {
      const recorder = await startRecorder(await clientsAt(site, { node2: undefined }))
      const { first, command } = await move({ killAt })
      // The command again, or alone: both finish what was begun.
      const again = await site.run(killAt % 2 === 0 ? command : ['change-ip', '--yes'])
      const report = await recorder.stop()
      expect(again.code, `${ending(first)}\n${told(again)}`).toBe(0)
      expectUnharmed(report, { longestGapMs: 2000 })
      await expectWhole(first, at)
    })
  },
)

test.runIf(hasTurn('change-ip amid trouble'))(
  'the host of the member that moves loses power in the middle: the command again finishes',
  { timeout: 600_000 },
  async () => {
    const { places, command } = await toTheOther()
    const run = site.run(command)
    await restarting('node2')
    await killHost('node2')
    await startHost('node2')
    const broken = await run
    const again = broken.code === 0 ? broken : await site.run(command)
    expect(again.code, `${told(broken)}\n${told(again)}`).toBe(0)
    await expectWhole(broken, places.after)
  },
)

test.runIf(hasTurn('change-ip amid trouble'))(
  'the member that moves is cut off from its peers in the middle: it is waited for, or the command again finishes',
  { timeout: 600_000 },
  async () => {
    const { places, command } = await toTheOther()
    const recorder = await startRecorder(await clientsAt(site, { node2: undefined }))
    const run = site.run(command)
    await restarting('node2')
    await cutPort('node2', 2380)
    await sleep(15_000)
    await healPorts('node2')
    const broken = await run
    const again = broken.code === 0 ? broken : await site.run(command)
    const report = await recorder.stop()
    expect(again.code, `${told(broken)}\n${told(again)}`).toBe(0)
    expectUnharmed(report, { longestGapMs: 2000 })
    await expectWhole(broken, places.after)
  },
)

test.runIf(hasTurn('all addresses gone'))(
  'change-ip of a whole subnet, killed: done again it finishes, and no translation stays',
  { timeout: 3_600_000 },
  async () => {
    const move = async (options: { killAt?: number } = {}): Promise<{ first: Run; command: string[] }> => {
      const now = await addressesNow()
      const next = now.map((address, index) => otherOf(hosts[index] as NodeName, address))
      await Promise.all(hosts.map((host, index) => setAddresses(host, [next[index] ?? ''])))
      const map = now.map((address, index) => `${address}=${next[index]}`).join(',')
      const command = ['change-ip', '--map', map, '--yes']
      return { first: await site.run(command, options), command }
    }
    await hostOutput('node1', 'etcdctl put kept yes')
    const whole = await move()
    expect(whole.first.code, told(whole.first)).toBe(0)
    await atEach(picked(countEvents(whole.first.events), 'change-ip --map', 1), async (killAt) => {
      const { first, command } = await move({ killAt })
      const again = await site.run(killAt % 2 === 0 ? command : ['change-ip', '--yes'])
      expect(again.code, `${ending(first)}\n${told(again)}`).toBe(0)
      expect(await hostOutput('node2', 'etcdctl get kept --print-value-only')).toBe('yes\n')
      const [at = ''] = (await addressesNow()).slice(1)
      await expectWhole(first, at)
      for (const host of hosts) expect(await hostOutput(host, 'iptables -t nat -S')).not.toContain('etcd-deploy')
    })
  },
)

async function toTheOther() {
  const [, before = ''] = await addressesNow()
  const after = otherOf('node2', before)
  await setAddresses('node2', [before, after])
  return { places: { before, after }, command: ['change-ip', 'node2', after, '--yes', '--no-snapshot'] }
}

async function addressesNow(): Promise<string[]> {
  const urls = await Promise.all(
    hosts.map((host) => hostOutput(host, "sed -n 's/^ETCD_LISTEN_PEER_URLS=//p' /etc/etcd/etcd.env")),
  )
  return urls.map((url) => new URL(url.trim().replaceAll('"', '')).hostname)
}

function otherOf(host: NodeName, address: string): string {
  return address === otherAddress(host) ? labHost(host).address : otherAddress(host)
}

async function restarting(host: NodeName): Promise<void> {
  const pid = await hostOutput(host, 'pidof etcd')
  await hostOutput(host, `for i in $(seq 600); do [ -d /proc/${pid.trim()} ] || exit 0; sleep 0.05; done; exit 1`)
}

async function expectWhole(killed: Run, at: string): Promise<void> {
  const end = ending(killed)
  await expectHealthy('node1')
  expect(await hostOutput('node1', 'etcdctl member list'), end).toContain(`https://${at}:2380`)
  const status = await site.run('status')
  expect(status.code, `${end}\n${status.stdout}`).toBe(0)
  for (const host of hosts) {
    expect(await lockIsFree(host), `${end}: the lock of ${host}`).toBe(true)
    expect(
      await hostOutput(host, "find / /run -xdev -name '.*.etcd-deploy.*'; ls /var/lib/etcd-deploy/etcd"),
      end,
    ).toBe('formed.json\nready\n')
  }
  expect(temporaryIn(site.folder), end).toEqual([])
}
