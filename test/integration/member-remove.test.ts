import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunEvent } from '../../src/engine/events.ts'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { countEvents } from '../instruments/kill-events.ts'
import { startRecorder } from '../instruments/recorder.ts'
import type { Run } from '../instruments/run-cli.ts'
import { hostOutput, killHost, labHost, labReset, onHost, startHost, type NodeName } from '../lab/lab.ts'
import { atEach, picked, told } from './kill/at-events.ts'
import { killedAndAgain } from './kill/killed-and-again.ts'
import { lockIsFree, temporaryIn } from './kill/leftovers.ts'
import { clientsAt, expectHealthy, leadership } from './support/cluster.ts'
import { freshlyUp } from './support/freshly-up.ts'
import type { Site } from './support/site.ts'
import { eventsOf, notesOf, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'
import { untilHealthy } from './support/until-healthy.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const inTurn = hasTurn('member removed')
let site: Site

beforeAll(async () => {
  if (!inTurn) return
  site = await freshlyUp(hosts)
  await hostOutput('node1', 'for i in $(seq 200); do etcdctl put kept/$i $i >/dev/null; done')
})

afterAll(async () => {
  if (!inTurn) return
  site.remove()
  await labReset(hosts)
})

test.runIf(inTurn)(
  'three become two under load, the leader leaves: nothing lost, its host is cleared for good, and it can come back',
  { timeout: 300_000 },
  async () => {
    const { leader } = await leadership('node1')
    const name = leader as NodeName
    const rest = hosts.filter((host) => host !== name)
    const asked = await site.run(['member remove', name])
    expect(asked.code, asked.stdout).toBe(3)
    expect(wordsOf(asked)).toMatch(/--yes answers it/)
    expect(existsSync(recordOf(site))).toBe(false)
    const recorder = await startRecorder(await clientsAt(site, { [name]: undefined }))
    const run = await site.run(['member remove', name, '--yes'])
    const report = await recorder.stop()
    expect(run.code, told(run)).toBe(0)
    expectUnharmed(report, { longestGapMs: 2000 })
    expect(summaryOf(run).restarted).toEqual([])
    expect(notesOf(run)).toMatch(new RegExp(`${name}: its data was set aside as /var/lib/etcd/member\\.\\d{4}-`))
    // As if it had never been in it: nothing but its own lines went.
    const written = readFileSync(site.file, 'utf8')
    takeOut(name)
    expect(written).toBe(readFileSync(site.file, 'utf8'))
    expect(readdirSync(join(site.folder, '.etcd-deploy', 'snapshots'))).toContainEqual(expect.stringMatching(/\.db$/))
    await expectWhole(rest)
    await expectCleared(name)
    await killHost(name)
    await startHost(name)
    await untilBooted(name)
    await expectCleared(name)
    const again = await site.run(['member remove', name])
    expect(again.code, told(again)).toBe(0)
    await bringBack(name)
    await expectWhole(hosts)
  },
)

test.runIf(inTurn)(
  'its host is dead: it leaves all the same, what remains is named, and done once the host answers',
  { timeout: 300_000 },
  async () => {
    await killHost('node3')
    const run = await site.run(['member remove', 'node3', '--yes'])
    expect(run.code, told(run)).toBe(0)
    takeOut('node3')
    const [warning] = eventsOf(run, 'warning').filter(({ message }) => message.includes('it has left the cluster'))
    expect(warning?.next?.join('\n')).toMatch(/systemctl disable --now etcd\.service[^]*certs revoke node3/)
    const up = await site.run('up')
    expect(up.code, told(up)).toBe(0)
    expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
    expect(eventsOf(up, 'warning').map(({ host }) => host)).toContain('node3')
    expect(await leftInStatus()).toEqual(['node3'])
    const still = await site.run(['member remove', 'node3'])
    expect(still.code, told(still)).toBe(1)
    expect(existsSync(recordOf(site))).toBe(false)
    await startHost('node3')
    await untilBooted('node3')
    expect(await onHost('node3', 'systemctl is-enabled etcd')).toMatchObject({ code: 0 })
    const again = await site.run(['member remove', 'node3'])
    expect(again.code, told(again)).toBe(0)
    expect(summaryOf(again).changed).toEqual(['node3'])
    expect(await leftInStatus()).toEqual([])
    await expectCleared('node3')
    await expectWhole(['node1', 'node2'])
    await bringBack('node3')
    await expectWhole(hosts)
  },
)

test.runIf(inTurn)(
  'members that only etcd has: by name, and by id where it never started',
  { timeout: 300_000 },
  async () => {
    await addByHand('ghost --peer-urls=https://10.213.96.99:2380')
    const ghost = (await members()).find(({ name }) => name === '')?.id ?? ''
    expect(ghost).toMatch(/^[0-9a-f]+$/)
    const up = await site.run('up')
    expect(up.code, told(up)).toBe(3)
    expect(wordsOf(up)).toContain(`etcd-deploy member remove ${ghost}`)
    const learner = await site.run(['member remove', ghost, '--yes'])
    expect(learner.code, told(learner)).toBe(0)
    await expectWhole(hosts)
    takeOut('node3')
    const edited = await site.run('up')
    expect(edited.code, told(edited)).toBe(3)
    expect(wordsOf(edited)).toMatch(/^etcd-deploy member remove node3$/m)
    const run = await site.run(['member remove', 'node3', '--yes'])
    expect(run.code, told(run)).toBe(0)
    expect(eventsOf(run, 'warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('nobody knows how to reach its host'),
    )
    await expectWhole(['node1', 'node2'])
    await bringBack('node3')
    await expectWhole(hosts)
  },
)

test.runIf(inTurn)(
  'half way into the cluster, its record lost: up tells who goes on, before its first start and after it',
  { timeout: 300_000 },
  async () => {
    const gone = await site.run(['member remove', 'node3', '--yes'])
    expect(gone.code, told(gone)).toBe(0)
    await addByHand(`node3 --peer-urls=https://${labHost('node3').address}:2380`)
    putBack('node3')
    await expectUpNames('etcd-deploy member add node3')
    const events = await bringBack('node3')
    await expectWhole(hosts)
    const again = await site.run(['member remove', 'node3', '--yes'])
    expect(again.code, told(again)).toBe(0)
    putBack('node3')
    const promotion = events.findIndex((event) => event.type === 'stage-begin' && event.stage.includes('votes'))
    expect(promotion).toBeGreaterThan(0)
    const killed = await site.run(['member add', 'node3'], { killAt: countEvents(events.slice(0, promotion + 1)) })
    expect(killed.signal, told(killed)).toBe('SIGKILL')
    rmSync(recordOf(site))
    for (const host of hosts) await hostOutput(host, 'rm -f /var/lib/etcd-deploy/etcd/operation.json')
    expect((await members()).find(({ name }) => name === 'node3')?.role).toBe('learner')
    await expectUpNames('etcd-deploy member add node3')
    await bringBack('node3')
    await expectWhole(hosts)
  },
)

test.runIf(inTurn)('what would cost quorum is refused, with the arithmetic, and nothing is changed', async () => {
  await hostOutput('node2', 'systemctl stop etcd')
  const before = readFileSync(site.file, 'utf8')
  const run = await site.run(['member remove', 'node1', '--yes'])
  expect(run.code, told(run)).toBe(3)
  expect(wordsOf(run)).toMatch(/the others must have 2 healthy, 1 are \(not healthy: node2\)/)
  expect(wordsOf(run)).toMatch(/etcd-deploy member remove node2/)
  expect(eventsOf(run, 'change-begin')).toEqual([])
  expect(readFileSync(site.file, 'utf8')).toBe(before)
  expect(existsSync(recordOf(site))).toBe(false)
  await hostOutput('node2', 'systemctl start etcd')
  await untilHealthy(() => expectHealthy('node1').then(() => true))
})

test.runIf(inTurn)('killed: nothing is lost, and done again it finishes', { timeout: 3_600_000 }, async () => {
  const command = ['member remove', 'node3', '--yes']
  const whole = await site.run(command)
  expect(whole.code, told(whole)).toBe(0)
  takeOut('node3')
  await bringBack('node3')
  await atEach(picked(countEvents(whole.events), 'member remove', 2), async (killAt) => {
    const at = await killedAndAgain(site, command, killAt)
    takeOut('node3')
    await expectWhole(['node1', 'node2'])
    await expectCleared('node3')
    for (const host of ['node1', 'node2'] as const) {
      expect(await lockIsFree(host), `${at}: the lock of ${host}`).toBe(true)
      expect(await hostOutput(host, 'ls /var/lib/etcd-deploy/etcd'), at).toBe('formed.json\nready\n')
    }
    expect(existsSync(recordOf(site)), at).toBe(false)
    expect(temporaryIn(site.folder), at).toEqual([])
    expect(await leftInStatus(), at).toEqual([])
    await bringBack('node3')
  })
})

test.runIf(inTurn)('the last one does not leave: down is for that', { timeout: 300_000 }, async () => {
  for (const name of ['node3', 'node2']) {
    const run = await site.run(['member remove', name, '--yes', '--no-snapshot'])
    expect(run.code, told(run)).toBe(0)
    takeOut(name)
  }
  await expectWhole(['node1'])
  const run = await site.run(['member remove', 'node1', '--yes'])
  expect(run.code, told(run)).toBe(3)
  expect(wordsOf(run)).toMatch(/it is the only voter[^]*etcd-deploy down/)
  await expectWhole(['node1'])
})

function recordOf({ folder }: Site): string {
  return join(folder, '.etcd-deploy', 'test.operation.json')
}

/** As `member remove` has written it, or as a person does by hand. */
function takeOut(name: string): void {
  const { [name]: _, ...nodes } = site.inventory.nodes
  site.edit({ nodes })
}

async function bringBack(name: NodeName): Promise<RunEvent[]> {
  putBack(name)
  const run = await site.run(['member add', name])
  expect(run.code, told(run)).toBe(0)
  return run.events
}

function putBack(name: NodeName): void {
  const nodes = { ...site.inventory.nodes, [name]: { address: labHost(name).address } }
  site.edit({ nodes: Object.fromEntries(Object.entries(nodes).toSorted(([a], [b]) => a.localeCompare(b))) })
}

/** etcd refuses while it has been connected to a member for less than 5 s. */
async function addByHand(member: string): Promise<void> {
  await untilHealthy(async () => (await onHost('node1', `etcdctl member add ${member} --learner`)).code === 0)
}

async function expectUpNames(line: string): Promise<void> {
  const up = await site.run('up')
  expect(up.code, told(up)).toBe(3)
  expect(wordsOf(up)).toContain(line)
  expect(eventsOf(up, 'change-begin')).toEqual([])
}

async function members(): Promise<{ name: string; id: string; role: string }[]> {
  const list: Run = await site.run('member list')
  return (JSON.parse(list.stdout) as { members: { name: string; id: string; role: string }[] }).members
}

async function leftInStatus(): Promise<(string | null)[]> {
  const status = await site.run('status')
  const { warnings } = JSON.parse(status.stdout) as { warnings: { host: string | null; message: string }[] }
  return warnings.filter(({ message }) => message.includes('still to be cleared')).map(({ host }) => host)
}

/** These are the members, with equal data, and nothing is left to do. */
async function expectWhole(names: NodeName[]): Promise<void> {
  const [first = 'node1'] = names
  await expectHealthy(first)
  expect((await members()).map(({ name, role }) => `${name} ${role}`).toSorted()).toEqual(
    names.map((name) => `${name} voter`),
  )
  const hashes = JSON.parse(await hostOutput(first, 'etcdctl endpoint hashkv --cluster -w json')) as {
    HashKV: { hash: number }
  }[]
  expect(hashes).toHaveLength(names.length)
  expect(new Set(hashes.map(({ HashKV }) => HashKV.hash)).size).toBe(1)
  for (const host of names) {
    const said = await hostOutput(host, 'cat /usr/local/bin/etcdctl /etc/etcd/etcd.env')
    for (const other of hosts)
      expect(said.includes(labHost(other).address), `${host}: ${other}`).toBe(names.includes(other))
  }
  const up = await site.run('up')
  expect(up.code, told(up)).toBe(0)
  expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
}

/** Nothing runs there, nothing will at the next boot, and the data is kept. */
async function expectCleared(host: NodeName): Promise<void> {
  const left = await hostOutput(
    host,
    `ls -d /etc/etcd* /opt/etcd* /usr/local/bin/etcdctl /etc/systemd/system/etcd.service /var/lib/etcd-deploy \\
       /etc/systemd/system/multi-user.target.wants/etcd.service 2>/dev/null
     pgrep -x etcd; ls -A /var/lib/etcd; systemctl show etcd -p LoadState,ActiveState`,
  )
  expect(left, host).toMatch(/^(member\.\d{4}-\d\d-\d\dT\d{6}Z\n)+LoadState=not-found\nActiveState=inactive\n$/)
}

async function untilBooted(host: NodeName): Promise<void> {
  await untilHealthy(async () => /running|degraded/.test((await onHost(host, 'systemctl is-system-running')).stdout))
  await untilHealthy(async () => (await onHost(host, 'systemctl is-active ssh || systemctl is-active sshd')).code === 0)
}
