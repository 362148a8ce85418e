import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import start from '../../../playbooks/start.ts'
import stop from '../../../playbooks/stop.ts'
import { allWaves } from '../../../src/engine/plan.ts'
import type { Operation } from '../../../src/engine/operation.ts'
import { refuseInVain } from '../../../src/steps/refuse-in-vain.ts'
import { reached, type HostSeen, type ReachedHost, type Seen } from '../../../src/steps/seen.ts'
import { arithmeticOfAll, stopInTurn } from '../../../src/steps/stop.ts'
import { StopSubject } from '../../../src/steps/stop-subject.ts'
import { away, cluster, etcd, host, stopped, unit } from '../status/samples.ts'
import { putPrograms, runHere, temporaryFolder } from './local-script.ts'
import { wanted } from './wanting.ts'

const of = cluster()
const formed = { kind: 'formed', token: 't', clusterId: 'cc' } as const

/** node1 leads, all serve, but for those that are given. */
function seen(others: Record<string, HostSeen> = {}): Seen {
  return { hosts: new Map(of.nodes.map(({ name }) => [name, others[name] ?? host(of, name)])) }
}

function waves(whole: boolean, from: Seen) {
  const [stage] = stop({ whole }).stages
  return allWaves(stage!, wanted(of, from, formed), from)
}

const hosts = (whole: boolean, from: Seen): string[][] =>
  waves(whole, from).map((wave) => wave.map((each) => each.host))
const subject = (recorded?: Operation): StopSubject =>
  new StopSubject({ cluster: of, targets: new Set(['node1', 'node2']), recorded })

describe('the whole cluster', () => {
  test('the followers at once, then the leader; nobody hands over to who is about to go', () => {
    expect(hosts(true, seen())).toEqual([['node2', 'node3'], ['node1']])
    for (const { takesDown, script } of waves(true, seen()).flat())
      expect([takesDown, script.args?.[0]]).toEqual([undefined, ''])
  })

  test('without a leader all at once; also those that are started again and again', () => {
    const leaderless = etcd(of, 'node1', { healthy: false }, { leader: undefined })
    const looping = host(of, 'node3', { process: undefined, etcd: undefined, unit: unit({ active: 'activating' }) })
    const from = seen({ node1: host(of, 'node1', { etcd: leaderless }), node2: stopped(of, 'node2'), node3: looping })
    expect(hosts(true, from)).toEqual([['node1', 'node3']])
  })

  test('where nothing runs there is nothing to do', () => {
    const from = seen(Object.fromEntries(of.nodes.map(({ name }) => [name, stopped(of, name)])))
    expect(hosts(true, from)).toEqual([])
    expect(hosts(false, from)).toEqual([])
  })

  test('a question tells what it costs', () => {
    expect(arithmeticOfAll(of, seen({ node3: stopped(of, 'node3') }))).toBe(
      '3 voters, quorum 2, healthy 2: 0 would be left',
    )
  })
})

describe('some members', () => {
  test('one a wave: who does not serve first, the leader last and handed over', () => {
    const sick = host(of, 'node3', { etcd: etcd(of, 'node3', { healthy: false }) })
    const all = waves(false, seen({ node3: sick }))
    expect(all.map((wave) => wave.map(({ takesDown }) => takesDown))).toEqual([['node3'], ['node2'], ['node1']])
    const narrowed = stopInTurn.next(wanted(of, seen(), formed), seen())
    expect(narrowed.map(({ host: name, script }) => [name, script.args?.[0]])).toEqual([
      ['node2', ''],
      ['node3', ''],
      ['node1', 'b2'],
    ])
  })

  test('the second of three is refused with the arithmetic, unless a person allows it', () => {
    const from = seen({ node1: stopped(of, 'node1') })
    const [change] = waves(false, from).flat()
    const refusal = subject().guard(change!, wanted(of, from, formed), from)
    expect(refusal).toMatchObject({
      allowable: true,
      error: {
        exitCode: 3,
        answered: '3 voters, quorum 2, healthy 2 (down: node1): without node2 1 would be left',
      },
    })
  })

  test('the first of three may go', () => {
    const [change] = waves(false, seen()).flat()
    expect(subject().guard(change!, wanted(of, seen(), formed), seen())).toBeUndefined()
  })
})

describe('what keeps members from being stopped', () => {
  const found = (from: Seen, recorded?: Operation) =>
    subject(recorded)
      .check(from)
      .map(({ error, warning }) => [error.host, warning])

  test('nothing; a dead host is only told of', () => {
    expect(found(seen())).toEqual([])
    expect(found(seen({ node3: away }))).toEqual([['node3', true]])
  })

  test('no host answers', () => {
    expect(found(seen({ node1: away, node2: away, node3: away })).map(([, warning]) => warning)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test("somebody else's member, where it is to be stopped", () => {
    const foreign: Partial<ReachedHost> = { formed: { cluster: 'other', clusterId: 'dd', token: 't', formedAt: '' } }
    expect(found(seen({ node2: host(of, 'node2', foreign) }))).toEqual([['node2', undefined]])
    expect(found(seen({ node3: host(of, 'node3', foreign) }))).toEqual([])
  })

  test('an operation that was begun', () => {
    const operation: Operation = { name: 'change-ip', args: {}, since: '', controller: '', finish: 'x', told: [] }
    expect(found(seen(), operation)).toEqual([[undefined, undefined]])
  })
})

describe('start', () => {
  const all = new Set(of.nodes.map(({ name }) => name))
  const none = seen(Object.fromEntries(of.nodes.map(({ name }) => [name, stopped(of, name)])))

  test('all at once, as alone each would wait for the others; no file is written', () => {
    const planned = allWaves(start.stages[0]!, wanted(of, none, formed), none)
    expect(planned.map((wave) => wave.map(({ host: name, what }) => `${name}: ${what}`))).toEqual([
      ['node1: start the member', 'node2: start the member', 'node3: start the member'],
    ])
    expect(planned.flat().flatMap(({ script }) => script.files ?? [])).toEqual([])
  })

  test('undoes a stop: what is predicted of both is a cluster that serves', () => {
    const rests = waves(true, seen())
      .flat()
      .reduce((state, change) => change.predict(state), seen())
    for (const name of all) expect(reached(rests, name)?.process).toBeUndefined()
    const planned = allWaves(start.stages[0]!, wanted(of, rests, formed), rests)
    const runs = planned.flat().reduce((state, change) => change.predict(state), rests)
    for (const name of all) expect(reached(runs, name)?.etcd?.healthy).toBe(true)
  })

  test('one of three alone would wait in vain: refused, with the arithmetic', () => {
    expect(refuseInVain(of, none, new Set(['node1']))).toMatchObject({
      exitCode: 3,
      answered: '3 voters, quorum 2, healthy 0, to be started 1',
    })
    expect(refuseInVain(of, none, new Set(['node1', 'node2']))).toBeUndefined()
    expect(refuseInVain(of, none, all)).toBeUndefined()
    const one = seen({ node2: stopped(of, 'node2'), node3: stopped(of, 'node3') })
    expect(refuseInVain(of, one, new Set(['node2']))).toBeUndefined()
  })

  test('hosts that cannot be reached do not count', () => {
    const lost = { hosts: new Map([...none.hosts, ['node2', away] as const, ['node3', away] as const]) }
    expect(refuseInVain(of, lost, all)?.answered).toMatch(/to be started 1 \(not reached: node2, node3\)$/)
  })
})

test.skipIf(process.platform !== 'linux')(
  'a leader hands over before systemd stops it; it is not disabled',
  async () => {
    const folder = await temporaryFolder(onTestFinished)
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await writeFile(join(folder, 'calls'), '')
    const note = (name: string): string => `echo "${name} $*" >>${folder}/calls`
    await putPrograms(bin, {
      systemctl: `${note('systemctl')}\n[ "$1" != show ] || echo ActiveState=active`,
      etcdctl: note('etcdctl'),
    })
    const [change] = waves(false, seen({ node2: stopped(of, 'node2') })).flatMap((wave) => wave)
    const [, unitName = '', , ...access] = change?.script.args ?? []
    const script = { text: change?.script.text ?? '', args: ['b2', unitName, join(bin, 'etcdctl'), ...access] }
    expect(await runHere(script, bin)).toMatchObject({ code: 0 })
    const calls = (await readFile(join(folder, 'calls'), 'utf8')).split('\n').filter((call) => !/ show /.test(call))
    expect(calls.slice(0, 2)).toEqual(['etcdctl move-leader b2', 'systemctl stop etcd.service'])
    expect(calls.join()).not.toMatch(/disable/)
  },
)
