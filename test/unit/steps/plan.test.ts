import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import up from '../../../playbooks/up.ts'
import restart from '../../../playbooks/restart.ts'
import { allWaves } from '../../../src/engine/plan.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { layoutOf } from '../../../src/etcd/layout.ts'
import { seenOnce } from '../../../src/steps/file-want.ts'
import { guard } from '../../../src/steps/guard.ts'
import { isHealthy } from '../../../src/steps/members.ts'
import { runsAsWanted } from '../../../src/steps/running.ts'
import { reached, withFiles, type ReachedHost, type Seen } from '../../../src/steps/seen.ts'
import { cluster, etcd, host, memberEntries, stopped, unit } from '../status/samples.ts'
import { wanted } from './wanting.ts'

const [stage] = up.stages
if (stage === undefined) throw new Error('up has a stage')
const formed = { kind: 'formed', token: 't', clusterId: 'cc' } as const
const bootstrap = { kind: 'bootstrap', token: 't' } as const

/** Nothing of ours on it. */
function plain(of: Cluster, name: string): ReachedHost {
  const off = unit({ loaded: false, active: 'inactive', enabled: false })
  const accounts = { user: false, group: false, adminGroup: false }
  return { ...stopped(of, name), unit: off, accounts, dataEntries: [], formed: undefined }
}

function plainHosts(of: Cluster): Seen {
  return { hosts: new Map(of.nodes.map(({ name }) => [name, plain(of, name)])) }
}

/** All waves of `up` on hosts as they are seen, and what will be seen after each. */
function walk(of: Cluster, seen: Seen, formation: typeof formed | typeof bootstrap = formed) {
  const waves = allWaves(stage!, wanted(of, seen, formation), seen)
  const states = [seen]
  for (const wave of waves) states.push(wave.reduce((state, change) => change.predict(state), states.at(-1) ?? seen))
  return { waves, states, end: states.at(-1) ?? seen }
}

/** A cluster that runs as its inventory says; node1 leads, and every id is its member's name. */
function running(of: Cluster): Seen {
  const { end } = walk(of, plainHosts(of), bootstrap)
  const hosts = new Map(
    of.nodes.map(({ name }) => {
      const on = reached(end, name)
      const members = memberEntries(of).map((member) => ({ ...member, id: member.name }))
      return [
        name,
        host(of, name, { ...on, etcd: etcd(of, name, { members }, { memberId: name, leader: 'node1' }) }),
      ] as const
    }),
  )
  return walk(of, { hosts }).end
}

test('binaries that are still to be downloaded are planned once', () => {
  const of = cluster({ tls: { mode: 'mutual' } })
  const seen = plainHosts(of)
  const waves = allWaves(stage, wanted(of, seen, bootstrap, { downloaded: false }), seen)
  const pushes = waves.flat().filter(({ what }) => what.startsWith('push etcd'))
  expect(pushes.map(({ host }) => host)).toEqual(['node1', 'node2', 'node3'])
})

test('etcdutl, which no start needs, comes as members start; etcdctl is there before', () => {
  const of = cluster({ tls: { mode: 'mutual' } })
  const seen = plainHosts(of)
  const want = wanted(of, seen, bootstrap, { downloaded: false })
  const members = new Map(
    [...want.members].map(([name, member]) => {
      const etcdutl = member.binaries.slice(0, 1).map((etcd) => ({ ...etcd, path: layoutOf(of).etcdutl }))
      return [name, { ...member, binaries: member.binaries.concat(etcdutl) }] as const
    }),
  )
  const waves = allWaves(stage, { ...want, members }, seen)
  const ofNode1 = waves.map((wave) => wave.filter(({ host }) => host === 'node1').map(({ what }) => what))
  expect(ofNode1[0]).toContain(`push etcd, etcdctl ${of.version}`)
  expect(ofNode1[1]).toEqual([`push etcdutl ${of.version} as the member starts`, 'start the member'])
})

const settings = { 'heartbeat-interval': '200ms' }
const before = cluster({ tls: { mode: 'mutual' } })
const after = cluster({ tls: { mode: 'mutual' }, settings })

function withHost(seen: Seen, name: string, change: (on: ReachedHost) => Partial<ReachedHost>): Seen {
  const on = reached(seen, name)
  if (on === undefined) throw new Error(name)
  return { hosts: new Map([...seen.hosts, [name, { ...on, ...change(on) }]]) }
}

/** Started by a bootstrap, running as an earlier inventory said. */
function waitingForPeers(of: Cluster, name: string): ReachedHost {
  const on = reached(walk(of, plainHosts(of), bootstrap).states[2] ?? plainHosts(of), name)
  if (on === undefined) throw new Error(name)
  return { ...on, unit: { ...on.unit, active: 'activating', sub: 'start' }, etcd: undefined, formed: undefined }
}

/** It runs, and says itself that it has no leader. */
function leaderless({ etcd: answered }: ReachedHost): Partial<ReachedHost> {
  return {
    etcd: answered && {
      ...answered,
      healthy: false,
      status: answered.status && { ...answered.status, leader: undefined },
    },
  }
}

describe('plan of up', () => {
  test('from plain hosts: files on all at once, then all starts, which remember that the cluster is formed', () => {
    const { waves, end } = walk(before, plainHosts(before), bootstrap)
    expect(waves.map((wave) => [...new Set(wave.map(({ host: name }) => name))])).toEqual([
      ['node1', 'node2', 'node3'],
      ['node1', 'node2', 'node3'],
    ])
    expect(waves[1]?.map(({ what }) => what)).toEqual(Array.from({ length: 3 }, () => 'start the member'))
    expect(waves.flat().some(({ takesDown }) => takesDown !== undefined)).toBe(false)
    for (const { name } of before.nodes) expect(reached(end, name)?.formed?.token).toBe('t')
  })

  test('members of a bootstrap that never served are restarted together: alone, each would wait for the others', () => {
    const stuck = { hosts: new Map(before.nodes.map(({ name }) => [name, waitingForPeers(before, name)] as const)) }
    const { waves } = walk(after, stuck, bootstrap)
    expect(waves.map((wave) => wave.map(({ what }) => what.split(' ')[0]))).toEqual([
      ['write', 'write', 'write'],
      ['restart', 'restart', 'restart'],
      ['remember', 'remember', 'remember'],
    ])
    expect(waves.flat().some(({ takesDown }) => takesDown !== undefined)).toBe(false)
  })

  describe('a bootstrap that was interrupted before its hosts remembered', () => {
    const serving = running(before)
    const hosts = new Map(
      [...wanted(before, serving, bootstrap).members].map(([name, { env }]) => {
        const on = reached(serving, name)!
        return [name, { ...on, formed: undefined, files: withFiles(on, [[env.path, seenOnce(env)]]) }] as const
      }),
    )
    const at = layoutOf(before)
    const remembered = (of: Cluster): string[][] =>
      walk(of, { hosts }, bootstrap).waves[0]?.map(({ script }) => (script.files ?? []).map(({ path }) => path)) ?? []

    test('goes on: they do, and the cluster exists from now on', () => {
      expect(remembered(before)).toEqual(Array.from({ length: 3 }, () => [at.formed, at.env]))
    })

    test('goes on with other settings: those come with the restart of each, which can go back', () => {
      expect(remembered(after)).toEqual(Array.from({ length: 3 }, () => [at.formed]))
      const { waves } = walk(after, { hosts }, bootstrap)
      expect(waves.slice(1).map((wave) => wave.map(({ takesDown }) => takesDown))).toEqual([
        ['node2'],
        ['node3'],
        ['node1'],
      ])
    })
  })

  const stuckTogether = (parts: Partial<ReachedHost>): Seen => ({
    hosts: new Map(
      before.nodes.map(({ name }) => {
        const { formed } = reached(running(before), name) ?? {}
        return [name, { ...waitingForPeers(before, name), formed, ...parts }] as const
      }),
    ),
  })

  test('of a cluster that was formed too, as where all certificates have expired: none was ready since it was started', () => {
    const { waves } = walk(after, stuckTogether({}))
    expect(waves.map((wave) => wave.map(({ what }) => what.split(' ')[0]))).toEqual([
      ['write', 'write', 'write'],
      ['restart', 'restart', 'restart'],
    ])
  })

  test('members that were ready and have no leader at the moment go one by one', () => {
    const { waves } = walk(after, stuckTogether({ unit: unit({}) }))
    expect(waves.map((wave) => wave.map(({ takesDown }) => takesDown))).toEqual([['node1'], ['node2'], ['node3']])
  })

  test('where one of them was ready its quorum may be on its way: they go one by one', () => {
    const ready = withHost(stuckTogether({}), 'node2', () => ({ unit: unit({}) }))
    const { waves } = walk(after, ready)
    expect(waves.flat().filter(({ takesDown }) => takesDown !== undefined)).toHaveLength(3)
  })

  test('nothing, where all is as wanted', () => {
    expect(walk(before, running(before)).waves).toEqual([])
  })

  test('a change of settings: one member a wave, the leader last and handed over, with the diff', () => {
    const { waves } = walk(after, running(before))
    expect(waves.map((wave) => wave.map(({ takesDown }) => takesDown))).toEqual([['node2'], ['node3'], ['node1']])
    const [transferees, diffs] = [
      waves.flat().map(({ script }) => script.args?.[0]),
      waves.flat().map(({ diff }) => diff),
    ]
    expect(transferees).toEqual(['', '', 'node2'])
    for (const diff of diffs) expect(diff).toMatch(/^\+ETCD_HEARTBEAT_INTERVAL=200$/m)
  })

  test('the files of a running member are replaced at its restart, not before', () => {
    const [first] = walk(after, running(before)).waves
    expect(first?.flatMap(({ script }) => (script.files ?? []).map(({ path }) => path))).toEqual(['/etc/etcd/etcd.env'])
    expect(first?.map(({ host: name }) => name)).toEqual(['node2'])
  })

  test('an unhealthy member goes first, a stopped one before all', () => {
    const unhealthy = withHost(running(before), 'node3', leaderless)
    expect(walk(after, unhealthy).waves.map(([change]) => change?.takesDown)).toEqual(['node3', 'node2', 'node1'])
    const down = withHost(running(before), 'node3', (on) => ({
      process: undefined,
      etcd: undefined,
      unit: { ...on.unit, active: 'inactive' },
    }))
    const { waves } = walk(after, down)
    expect(
      waves.map((wave) =>
        wave.map(
          (change) => `${change.host} ${change.takesDown === undefined ? change.what.split(' ')[0] : 'restart'}`,
        ),
      ),
    ).toEqual([['node3 write'], ['node3 start'], ['node2 restart'], ['node1 restart']])
  })

  test.each<[string, Record<string, string>, boolean]>([
    ['initial-* alone, which etcd ignores once it has data', { ETCD_INITIAL_CLUSTER_STATE: 'new' }, false],
    ['another unit', { DEPLOYED_UNIT: 'former' }, true],
    ['another CA bundle, which etcd reads at its start only', { DEPLOYED_TRUST: 'former' }, true],
    ['a variable that nobody wants any more', { ETCD_DEBUG: 'true' }, true],
  ])('a process that differs by %s: restart %s', (_, environment, restarts) => {
    const differs = withHost(running(before), 'node2', ({ process: runs }) => ({
      process: runs && { ...runs, environment: { ...runs.environment, ...environment } },
    }))
    expect(
      walk(before, differs)
        .waves.flat()
        .map(({ takesDown }) => takesDown),
    ).toEqual(restarts ? ['node2'] : [])
  })

  test('a new certificate takes nobody down: etcd reads it at every handshake', () => {
    const without = withHost(running(before), 'node2', ({ files }) => ({
      files: new Map([...files].filter(([path]) => !path.includes('/server.'))),
    }))
    const { waves } = walk(before, without)
    expect(waves.flat().map(({ host: name, takesDown }) => [name, takesDown])).toEqual([['node2', undefined]])
  })
})

test('plan of restart: all that were started before, one a wave, the leader last', () => {
  const seen = running(before)
  const [asked] = restart((reached(seen, 'node1')?.clock.latestMs ?? 0) + 1).stages
  const waves = allWaves(asked!, wanted(before, seen, formed), seen)
  expect(waves.map((wave) => wave.map(({ takesDown }) => takesDown))).toEqual([['node2'], ['node3'], ['node1']])
})

describe('from any mixture of states', () => {
  const sizes = fc.constantFrom(1, 3, 5)
  const ofSize = (size: number, parts: Record<string, unknown> = {}) =>
    cluster({
      nodes: Object.fromEntries(
        Array.from({ length: size }, (_, n) => [`node${n + 1}`, { address: `10.0.0.${n + 1}` }]),
      ),
      ...parts,
    })

  /** What an interruption, a person or a fault may leave of a member. */
  const faults: Record<string, (on: ReachedHost, changed: ReachedHost) => ReachedHost> = {
    none: (on) => on,
    stopped: (on) => ({ ...on, process: undefined, etcd: undefined, unit: { ...on.unit, active: 'inactive' } }),
    'starting again and again': (on) => ({
      ...on,
      process: undefined,
      etcd: undefined,
      unit: { ...on.unit, active: 'activating' },
    }),
    unhealthy: (on) => ({ ...on, ...leaderless(on) }),
    'written, not restarted': (on, changed) => ({ ...on, files: changed.files }),
    'restarted, not written': (on, changed) => ({ ...on, process: changed.process }),
    done: (_, changed) => changed,
    'not enabled': (on) => ({ ...on, unit: { ...on.unit, enabled: false } }),
    'not reloaded': (on) => ({ ...on, unit: { ...on.unit, needsReload: true } }),
    'without memory': (on) => ({ ...on, formed: undefined }),
    'without accounts': (on) => ({ ...on, accounts: { user: true, group: true, adminGroup: false } }),
    'files missing': (on) => ({ ...on, files: new Map([...on.files].filter((_, index) => index % 3 > 0)) }),
  }

  const mixtures = sizes.chain((size) =>
    fc.record({
      size: fc.constant(size),
      faults: fc.array(fc.array(fc.constantFrom(...Object.keys(faults)), { maxLength: 3 }), {
        minLength: size,
        maxLength: size,
      }),
      changes: fc.boolean(),
    }),
  )

  test('every plan ends, with all members as wanted, and no voter is taken down against the guard', () => {
    fc.assert(
      fc.property(mixtures, ({ size, faults: chosen, changes }) => {
        const [old, next] = [ofSize(size), ofSize(size, changes ? { settings } : {})]
        const [start, target] = [running(old), running(next)]
        const hosts = new Map(
          old.nodes.map(({ name }, index) => {
            const [on, changed] = [reached(start, name), reached(target, name)]
            if (on === undefined || changed === undefined) throw new Error(name)
            return [
              name,
              (chosen[index] ?? []).reduce((state, fault) => faults[fault]?.(state, changed) ?? state, on),
            ] as const
          }),
        )
        const { waves, states, end } = walk(next, { hosts })
        for (const [index, wave] of waves.entries()) {
          const down = wave.filter(({ takesDown }) => takesDown !== undefined)
          expect(down.length).toBeLessThanOrEqual(1)
          for (const change of down) {
            const refusal = guard(next, change, states[index] ?? end)
            // The one member of a cluster can't be spared: a person is asked.
            if (size > 1) expect(refusal, `${change.host} in wave ${index}`).toBeUndefined()
          }
        }
        const want = wanted(next, end, formed)
        for (const { name } of next.nodes) {
          const [on, member] = [reached(end, name), want.members.get(name)]
          expect(isHealthy(on)).toBe(true)
          expect(on?.process && member && runsAsWanted(on.process, member)).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })
})
