import type { Change, Step } from '../engine/playbook.ts'
import { idsOfNewCluster } from '../etcd/member-ids.ts'
import { peerUrl } from '../etcd/urls.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { pushAsItStarts } from './binaries.ts'
import { memberFailure, memberState } from './member-failure.ts'
import { restartMember, startAndRemember, startMember, waitForMember } from './member-scripts.ts'
import { isHealthy, memberArguments, voters } from './members.ts'
import { memoryOf, remembering } from './remember.ts'
import { describeDifferences, runsAsWanted } from './running.ts'
import { reached, reachedHosts, withHost, type ProcessSeen, type ReachedHost, type Seen } from './seen.ts'
import type { MemberWanted, Wanted } from './wanted.ts'

/** Starts what does not run, all at once, and waits until each member serves: `Type=notify` is ready with quorum only. */
export const start: Step<Wanted, Seen> = {
  name: 'start',
  alone: true,
  next: (want, seen) => {
    const together = neverServed(want, seen)
    return reachedHosts(seen).flatMap(([host, on]) => {
      const member = want.members.get(host)
      if (member === undefined || isHealthy(on)) return []
      if (on.process === undefined) return startsOf(want, member, on)
      // One that runs something else than is wanted is restarted, not waited for.
      if (!runsAsWanted(on.process, member)) return together ? [restartChange(want, member, on.process)] : []
      return [
        {
          ...startChange(want, member, waitForMember, {
            what: 'wait for the member',
            why: 'it runs, but does not serve yet',
          }),
          waits: true as const,
        },
      ]
    })
  },
}

/**
 * Members that nothing but a common restart lets serve, so that nothing is at stake: one that was restarted alone would wait in vain for
 * the others. In a bootstrap none ever served. Of a cluster that was formed systemd has not heard READY from any since it was started:
 * their certificates have expired, or a setting keeps all of them from quorum. A moment without a leader is no such thing.
 */
export function neverServed({ cluster, formation, together }: Wanted, seen: Seen): boolean {
  if (together === true) return true
  if (formation.kind === 'bootstrap') return voters(cluster, seen).every(({ health }) => health === 'down')
  return cluster.nodes.every(({ name }) => {
    const on = reached(seen, name)
    return on !== undefined && !isHealthy(on) && (on.process === undefined || on.unit.active !== 'active')
  })
}

/**
 * In a bootstrap each host remembers by itself, once etcd's list shows that every member has come up: a wave less. Where one does not come in
 * time, the others are not held up, and the step that remembers is left with it.
 */
function startsOf(want: Wanted, member: MemberWanted, on: ReachedHost): Change<Seen>[] {
  const { cluster, formation } = want
  const { name } = member.node
  const says = { what: 'start the member', why: reasonOf(on) }
  if (formation.kind === 'formed' || on.formed !== undefined) return [startChange(want, member, startMember, says)]
  const pushes = pushAsItStarts(want, name, on, inTurn(cluster, name))
  const urls = cluster.nodes.map((node) => peerUrl(cluster, node))
  const { clusterId, members } = idsOfNewCluster(urls, formation.token)
  const memory = memoryOf(want, member, on, clusterId)
  const text = pushes.length === 0 ? inTurn(cluster, name) + startAndRemember : startAndRemember
  const change = startChange(want, member, text, says)
  return [
    ...pushes,
    {
      ...change,
      script: { text, args: [...(change.script.args ?? []), ...members], files: memory.files },
      predict: (before) => withHost(change.predict(before), name, (now) => remembering(now, memory)),
    },
  ]
}

/**
 * A new member first asks each peer whether the cluster was formed before, and waits a second for one that listens and does not serve yet:
 * as all do that start at the same instant. A tenth of a second later the others serve, or do not listen yet.
 */
function inTurn({ nodes }: Cluster, host: NodeName): string {
  const place = nodes.findIndex(({ name }) => name === host)
  return place > 0 ? `sleep ${(place / 10).toFixed(1)}\n` : ''
}

function restartChange(want: Wanted, member: MemberWanted, process: ProcessSeen): Change<Seen> {
  const why = describeDifferences(process, member)
  const change = startChange(want, member, restartMember, { what: 'restart the member', why })
  // Nobody to hand over to, no files to keep.
  return { ...change, script: { ...change.script, args: ['', '', ...(change.script.args ?? [])] } }
}

function startChange(
  { cluster }: Wanted,
  member: MemberWanted,
  text: string,
  says: { what: string; why: string },
): Change<Seen> {
  const host = member.node.name
  return {
    host,
    ...says,
    script: { text, args: memberArguments(cluster, member.node) },
    // Twice: the previous files may have to be put back and waited for.
    timeoutMs: 2 * member.node.timeouts.startMs + 60_000,
    stateOf: memberState,
    explain: memberFailure(host, says.what, cluster.service.name, member.node.timeouts.startMs),
    predict: (before) => withHost(before, host, (now) => healthyAfterStart(now, member)),
  }
}

/** What will be seen of a member that came up. */
export function healthyAfterStart(now: ReachedHost, member: MemberWanted): Partial<ReachedHost> {
  const known = now.etcd ?? { status: undefined, members: undefined, clusterId: toBeFormed }
  return {
    unit: { ...now.unit, loaded: true, active: 'active', sub: 'running' },
    process: { executable: '', upS: 0, environment: member.environment },
    etcd: { ...known, healthy: true, trouble: '' },
  }
}

/** Stands for the cluster id in predictions: etcd makes it at bootstrap. */
const toBeFormed = 'known once formed'

function reasonOf({ unit }: ReachedHost): string {
  if (unit.active === 'failed') return unit.result === '' ? 'it failed' : `it failed: ${unit.result}`
  return unit.active === 'activating' ? 'it is being started again and again' : 'it does not run'
}
