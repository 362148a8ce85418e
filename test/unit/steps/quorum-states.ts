import fc from 'fast-check'
import type { MemberEntry } from '../../../src/etcd/etcdctl-output.ts'
import { clientUrls, peerUrl } from '../../../src/etcd/urls.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { HostSeen, Seen } from '../../../src/steps/seen.ts'
import { away, cluster, etcd, host, stopped, unit } from '../status/samples.ts'
import { wanted } from './wanting.ts'

/** What a member may be, as seen and as etcd lists it. `hung` answers nothing, `slow` has a leader and grants no read: both may vote. */
const states = [
  'healthy',
  'stopped',
  'starting',
  'leaderless',
  'slow',
  'hung',
  'away',
  'learner',
  'learner, stopped',
  'unstarted',
  'removed',
] as const

export type MemberState = (typeof states)[number]

export interface Mixture {
  members: MemberState[]
  /** Those that run something else than is wanted. */
  differ: boolean[]
  leader: number
}

/** 1 to 9 members; most are healthy, as else every plan ends at its first step. */
export const mixtures: fc.Arbitrary<Mixture> = fc.integer({ min: 1, max: 9 }).chain((size) => {
  const each = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: size, maxLength: size })
  const state = fc.oneof(
    { weight: 3, arbitrary: fc.constant<MemberState>('healthy') },
    { weight: 1, arbitrary: fc.constantFrom(...states) },
  )
  return fc.record({ members: each(state), differ: each(fc.boolean()), leader: fc.nat(size - 1) })
})

export function ofSize(size: number, parts: Record<string, unknown> = {}): Cluster {
  const names = Array.from({ length: size }, (_, index) => index + 1)
  return cluster({ nodes: Object.fromEntries(names.map((n) => [`node${n}`, { address: `10.0.0.${n}` }])), ...parts })
}

export const formed = { kind: 'formed', token: 't', clusterId: 'cc' } as const

/** Members that run as `of` says, those that differ with one variable more. */
export function seenIn(of: Cluster, { members, differ, leader }: Mixture): Seen {
  const idOf = (name: string): string => `id-${name}`
  const list = of.nodes.flatMap((node, index): MemberEntry[] => {
    const state = members[index]
    if (state === 'removed') return []
    const isLearner = state?.startsWith('learner') === true
    const known = { id: idOf(node.name), peerUrls: [peerUrl(of, node)], isLearner }
    return [{ ...known, ...(state === 'unstarted' ? unnamed : { name: node.name, clientUrls: clientUrls(of, node) }) }]
  })
  const healthy = of.nodes.filter((_, index) => members[index] === 'healthy').map(({ name }) => name)
  const leads = healthy[leader % Math.max(1, healthy.length)]
  const bare: Seen = { hosts: new Map(of.nodes.map(({ name }) => [name, host(of, name)])) }
  const runs = wanted(of, bare, formed)
  const hosts = of.nodes.map(({ name }, index): [string, HostSeen] => {
    const more = differ[index] === true ? { ETCD_FORMER: 'yes', DEPLOYED_TRUST: 'former' } : {}
    const environment = { ...runs.members.get(name)?.environment, ...more }
    const process = { executable: '/opt/etcd/bin/etcd', upS: 90, environment }
    const tells = { memberId: idOf(name), leader: leads === undefined ? undefined : idOf(leads) }
    const answers = (parts: object, more: object = {}) => ({
      etcd: etcd(of, name, { members: list, ...parts }, { ...tells, ...more }),
    })
    const as: Record<MemberState, () => HostSeen> = {
      healthy: () => host(of, name, { process, ...answers({}) }),
      stopped: () => stopped(of, name),
      starting: () => host(of, name, { process, unit: unit({ active: 'activating' }), etcd: undefined }),
      leaderless: () => host(of, name, { process, ...answers({ healthy: false }, { leader: undefined }) }),
      slow: () => host(of, name, { process, ...answers({ healthy: false }) }),
      hung: () => host(of, name, { process, etcd: undefined }),
      away: () => away,
      learner: () => host(of, name, { process, ...answers({ healthy: false, answers: true }, { isLearner: true }) }),
      'learner, stopped': () => stopped(of, name),
      unstarted: () => stopped(of, name),
      removed: () => stopped(of, name),
    }
    return [name, as[members[index] ?? 'healthy']()]
  })
  return { hosts: new Map(hosts) }
}

const unnamed = { name: '', clientUrls: [] }
