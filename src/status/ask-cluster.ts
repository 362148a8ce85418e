import type { Host, Script } from '../host/host.ts'
import { layoutOf } from '../etcd/layout.ts'
import {
  parseAlarms,
  parseEndpointHealth,
  parseEndpointStatus,
  type Alarm,
  type EndpointStatus,
} from '../etcd/etcdctl-output.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { etcdctlFlags, isHealthy } from '../steps/members.ts'
import { reached, type Seen } from '../steps/seen.ts'

/** What one member that serves tells of the cluster, and of members whose hosts could not be asked. */
export interface AskedSeen {
  /** The node that was asked. */
  through: string
  /** Undefined: it did not tell. */
  alarms: Alarm[] | undefined
  /** By client URL. */
  others: ReadonlyMap<string, { healthy: boolean; status: EndpointStatus | undefined }>
}

/** The member to ask: one that serves, or at least knows a leader (an alarm makes every member look unhealthy from 3.5 on). */
export function memberToAsk(cluster: Cluster, seen: Seen): Node | undefined {
  const knowLeader = cluster.nodes.filter(({ name }) => reached(seen, name)?.etcd?.status?.leader !== undefined)
  return knowLeader.find(({ name }) => isHealthy(reached(seen, name))) ?? knowLeader[0]
}

/** Listing alarms goes through raft, so that it is asked once and not of every member. */
export async function askCluster(
  cluster: Cluster,
  { node, host, others }: { node: Node; host: Host; others: readonly string[] },
  signal: AbortSignal,
): Promise<AskedSeen> {
  const flags = etcdctlFlags(cluster, node).filter((flag) => !flag.startsWith('--endpoints='))
  const [own = ''] = etcdctlFlags(cluster, node).filter((flag) => flag.startsWith('--endpoints='))
  const script: Script = {
    text: askScript,
    args: [layoutOf(cluster).etcdctl, own, String(others.length), ...others, ...flags],
  }
  const { blocks } = await host.run([script], { what: 'ask for alarms', signal, timeoutMs: 10_000 })
  return readAsked(node.name, others, blocks[0]?.stdout ?? '')
}

export function readAsked(through: string, others: readonly string[], stdout: string): AskedSeen {
  const lines = stdout.split('\n')
  const answer = (name: string): string =>
    lines
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1))
      .join('\n')
  const json = (text: string): string => text.split('\n').findLast((line) => /^[[{]/.test(line)) ?? ''
  return {
    through,
    alarms: parseAlarms(json(answer('alarms'))),
    others: new Map(
      others.map((url, index) => [
        url,
        {
          healthy: parseEndpointHealth(answer(`health-${index}`)),
          status: parseEndpointStatus(json(answer(`status-${index}`))),
        },
      ]),
    ),
  }
}

const askScript = `
etcdctl=$1 own=$2 count=$3; shift 3
urls=
while [ "$count" -gt 0 ]; do urls="$urls $1"; shift; count=$((count - 1)); done
for name in $(env | sed -n 's/^\\(ETCDCTL_[A-Z_]*\\)=.*/\\1/p'); do unset "$name"; done
export ETCDCTL_API=3
ask() {
  name=$1; shift
  { timeout -s KILL 3 "$etcdctl" --dial-timeout=1s --command-timeout=2s "$@" 2>&1 || :; } | sed "s/^/$name /"
}
ask alarms "$@" "$own" alarm list -w json &
index=0
for url in $urls; do
  ask "health-$index" "$@" "--endpoints=$url" endpoint health &
  ask "status-$index" "$@" "--endpoints=$url" endpoint status -w json &
  index=$((index + 1))
done
wait
`
