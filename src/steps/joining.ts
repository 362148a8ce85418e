import type { Change, Stage, Step } from '../engine/playbook.ts'
import { clientUrls, peerUrl } from '../etcd/urls.ts'
import { minorSeries } from '../etcd/versions.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { memberAccess, useMember } from './etcdctl-shell.ts'
import { memberFailure, memberState } from './member-failure.ts'
import { startLearner, startMember } from './member-scripts.ts'
import { isHealthy, memberArguments, memberList, withMembers } from './members.ts'
import { reached, reachedHosts, withHost, type Seen } from './seen.ts'
import type { StageTarget } from './stage-target.ts'
import type { Wanted } from './wanted.ts'

export interface JoinStage {
  name: string
  /** What is reached by it. */
  brings: 'files' | 'a member' | 'a voter' | 'its name to all'
  steps: readonly Step<Wanted, Seen>[]
}

/** Reached by etcd's own list and by what the member answers. */
export function joinStages(stages: readonly JoinStage[]): Stage<Wanted, Seen, StageTarget>[] {
  return stages.map(({ name, steps, brings }) => ({ name, steps, reached: reaches[brings] }))
}

const reaches: Record<JoinStage['brings'], (want: Wanted, seen: Seen) => boolean> = {
  files: () => false,
  'a member': (want, seen) => entryOf(want, seen) !== undefined && serves(want, seen),
  'a voter': (want, seen) =>
    entryOf(want, seen)?.isLearner === false && isHealthy(reached(seen, joiner(want)?.name ?? '')),
  'its name to all': () => false,
}

/** etcd has had learners since 3.4: they take part in no vote until they have caught up. */
export function joinsAsLearner({ version }: Pick<Cluster, 'version'>): boolean {
  return minorSeries(version) !== '3.3'
}

/** Through a member that has quorum. A learner where etcd has such. */
export const addMember: Step<Wanted, Seen> = {
  name: 'add',
  alone: true,
  next: (want, seen) => {
    const { cluster } = want
    const [node, teller] = [joiner(want), healthyNode(want, seen)]
    if (node === undefined || teller === undefined || !knowsMembers(seen) || entryOf(want, seen) !== undefined)
      return []
    const url = peerUrl(cluster, node)
    const learner = joinsAsLearner(cluster)
    return [
      {
        host: teller.name,
        what: `add ${node.name} to the cluster${learner ? ' as a learner' : ''}`,
        why: 'etcd does not have it',
        script: { text: add, args: [node.name, url, learner ? '--learner' : '', ...memberAccess(cluster, teller)] },
        timeoutMs: 60_000,
        predict: (before: Seen) =>
          withEntry(before, { id: toBe, name: '', peerUrls: [url], clientUrls: [], isLearner: learner }),
      },
    ]
  },
}

/** A learner is awaited by a read that needs no quorum, as it grants no other. */
export const startJoiner: Step<Wanted, Seen> = {
  name: 'start of the new member',
  alone: true,
  next: (want, seen) => {
    const node = joiner(want)
    const member = node && want.members.get(node.name)
    if (node === undefined || member === undefined || entryOf(want, seen) === undefined || serves(want, seen)) return []
    const { cluster } = want
    return [
      {
        host: node.name,
        what: 'start the member',
        why: 'it has been added',
        script: {
          text: joinsAsLearner(cluster) ? startLearner : startMember,
          args: memberArguments(cluster, node),
        },
        timeoutMs: longestMs,
        stateOf: memberState,
        explain: memberFailure(node.name, 'start the member', cluster.service.name, node.timeouts.startMs),
        predict: (before: Seen) =>
          withHost(before, node.name, (now) => ({
            unit: { ...now.unit, loaded: true, active: 'active', sub: 'running' },
            process: { executable: '', upS: 0, environment: member.environment },
            etcd: {
              status: undefined,
              members: undefined,
              clusterId: undefined,
              trouble: '',
              ...now.etcd,
              healthy: !joinsAsLearner(cluster),
              answers: true,
            },
          })),
      },
    ]
  },
}

/** etcd promotes it once it has what the leader has; until then it is told how far it is. */
export const promote: Step<Wanted, Seen> = {
  name: 'promote',
  alone: true,
  next: (want, seen) => {
    const { cluster } = want
    const [node, teller, entry] = [joiner(want), healthyNode(want, seen), entryOf(want, seen)]
    if (node === undefined || teller === undefined || entry?.isLearner !== true) return []
    const [url = ''] = clientUrls(cluster, node)
    const change: Change<Seen> = {
      host: teller.name,
      what: `make ${node.name} a voter once it has caught up`,
      why: 'it is a learner',
      script: { text: promoteOnceCaughtUp, args: [entry.id, url, ...memberAccess(cluster, teller)] },
      timeoutMs: longestMs,
      stateOf: memberState,
      predict: (before) =>
        withHost(withEntry(before, { ...entry, isLearner: false }), node.name, ({ etcd }) => ({
          etcd: etcd && { ...etcd, healthy: true },
        })),
    }
    return [change]
  },
}

/** The scripts give up far sooner where nothing moves. */
const longestMs = 6 * 3_600_000

/** Stands for the id in predictions. */
const toBe = 'known once added'

export function joiner({ cluster, joins }: Pick<Wanted, 'cluster' | 'joins'>): Node | undefined {
  return cluster.nodes.find(({ name }) => name === joins)
}

export function knowsMembers(seen: Seen): boolean {
  return memberList(seen) !== undefined
}

/** By its peer URL until it has started and told its name. */
export function entryOf(want: Pick<Wanted, 'cluster' | 'joins'>, seen: Seen): MemberEntry | undefined {
  const node = joiner(want)
  if (node === undefined) return undefined
  const url = peerUrl(want.cluster, node)
  return memberList(seen)?.find(({ name, peerUrls }) => name === node.name || peerUrls.includes(url))
}

function serves(want: Wanted, seen: Seen): boolean {
  const on = reached(seen, joiner(want)?.name ?? '')
  return isHealthy(on) || (joinsAsLearner(want.cluster) && on?.etcd?.answers === true)
}

function healthyNode(want: Wanted, seen: Seen): Node | undefined {
  const names = reachedHosts(seen)
    .filter(([name, on]) => name !== want.joins && isHealthy(on))
    .map(([name]) => name)
  return want.cluster.nodes.find(({ name }) => names.includes(name))
}

function withEntry(seen: Seen, entry: MemberEntry): Seen {
  return withMembers(seen, (members) => [...members.filter(({ id }) => id !== entry.id), entry])
}

/** Patient for a while: a cluster refuses in the seconds after it was started, and one that has just removed a member, the same URL. */
const add = `
name=$1 url=$2 learner=$3; shift 3
${useMember}
point_to_member
tries=10
until timeout -k 1 10 "$etcdctl" member add "$name" --peer-urls="$url" $learner >/dev/null; do
  tries=$((tries - 1)); [ "$tries" -gt 0 ] || exit 1
  sleep 1.5
done
`

/** Gives up when the learner has not come further for half an hour: a large snapshot is one step. */
const promoteOnceCaughtUp = `
member=$1 learner=$2; shift 2
${useMember}
point_to_member
index() { sed -n 's/.*"raftIndex":\\([0-9]*\\).*/\\1/p'; }
still=0 last=''
until said=$(etcdctl_soon member promote "$member" 2>&1); do
  here=$(etcdctl_soon endpoint status -w json 2>/dev/null | index) || :
  there=$(ETCDCTL_ENDPOINTS=$learner etcdctl_soon endpoint status -w json 2>/dev/null | index) || :
  if [ "$there" = "$last" ]; then still=$((still + 1)); else still=0; fi
  last=$there
  if [ "\${here:-0}" -gt 0 ]; then
    echo "state catching up: \${there:-0} of $here entries ($((\${there:-0} * 100 / here)) %)"
  fi
  [ "$still" -lt 1800 ] || { echo "$said" >&2; exit 1; }
  sleep 1
done
`
