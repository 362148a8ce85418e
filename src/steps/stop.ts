import { arithmeticOf, quorumOf } from '../cluster/quorum.ts'
import type { Change, Step } from '../engine/playbook.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { handOver, memberAccess, useMember } from './etcdctl-shell.ts'
import { memberState } from './member-failure.ts'
import { isLeader, transfereeFor, turnOf, voters } from './members.ts'
import { reachedHosts, withHost, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** The whole cluster, on purpose: the followers all at once, then the leader, so that leadership goes to nobody who is about to go. */
export const stopAll: Step<Wanted, Seen> = {
  name: 'stop',
  alone: true,
  onlyIn: 'stop',
  next: ({ cluster }, seen) => {
    const running = reachedHosts(seen).filter(([, on]) => runs(on))
    const followers = running.filter(([, on]) => !isLeader(on))
    return (followers.length > 0 ? followers : running).flatMap(([host]) =>
      stopChange(cluster, host, { why: 'the whole cluster is to rest', transferee: '' }),
    )
  },
}

/** Some members of a cluster that goes on, one at a time: unhealthy first, the leader last. */
export const stopInTurn: Step<Wanted, Seen> = {
  name: 'stop in turn',
  next: ({ cluster }, seen) =>
    reachedHosts(seen)
      .filter(([, on]) => runs(on))
      .toSorted(([, a], [, b]) => turnOf(a) - turnOf(b))
      .flatMap(([host, on]) => {
        const transferee = isLeader(on) ? (transfereeFor(seen, host) ?? '') : ''
        const changes = stopChange(cluster, host, { why: 'it is to rest', transferee })
        return changes.map((change) => ({ ...change, takesDown: host }))
      }),
}

/** Also one that is being started again and again. */
export function runs({ process, unit }: ReachedHost): boolean {
  return process !== undefined || ['active', 'activating', 'reloading'].includes(unit.active)
}

/** What stopping all of them costs. */
export function arithmeticOfAll(cluster: Cluster, seen: Seen): string {
  const all = voters(cluster, seen)
  const healthy = all.filter(({ health }) => health === 'healthy').length
  return `${all.length} voter${all.length === 1 ? '' : 's'}, quorum ${quorumOf(all.length)}, healthy ${healthy}: 0 would be left`
}

/** Undefined: the others stay a quorum without these. All are counted before the first is stopped. */
export function arithmeticWithout(cluster: Cluster, seen: Seen, stopping: ReadonlySet<NodeName>): string | undefined {
  const all = voters(cluster, seen)
  const needed = quorumOf(all.length)
  const healthy = all.filter(({ health }) => health === 'healthy')
  const left = healthy.filter(({ name }) => !stopping.has(name)).length
  // Who has no quorum now loses none.
  if (left >= needed || left === healthy.length) return undefined
  return arithmeticOf([...stopping].join(' and '), all, left, needed)
}

function stopChange(
  cluster: Cluster,
  host: NodeName,
  { why, transferee }: { why: string; transferee: string },
): Change<Seen>[] {
  return cluster.nodes
    .filter(({ name }) => name === host)
    .map((node) => ({
      host,
      what: 'stop the member',
      why,
      script: { text: stopMember, args: [transferee, ...memberAccess(cluster, node)] },
      // systemd ends by force what has not ended after 90 s.
      timeoutMs: 150_000,
      stateOf: memberState,
      predict: (before: Seen) =>
        withHost(before, host, ({ unit }) => ({
          process: undefined,
          etcd: undefined,
          unit: { ...unit, active: 'inactive', sub: 'dead' },
        })),
    }))
}

/** Arguments: the member to hand over to (or empty), then those of useMember. A member that still waits for its peers ends by the signal. */
const stopMember = `
transferee=$1; shift
${useMember}
${handOver}
echo 'state stopping'
systemctl stop "$unit"
systemctl reset-failed "$unit" 2>/dev/null || :
`
