import type { Host, Script } from '../host/host.ts'
import {
  parseAlarms,
  parseEndpointHealth,
  parseEndpointStatus,
  type Alarm,
  type EndpointStatus,
} from '../etcd/etcdctl-output.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { memberAccess, useMember } from '../steps/etcdctl-shell.ts'
import { isHealthy } from '../steps/members.ts'
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

/** The member to ask: one that serves, or at least knows a leader. */
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
  const script: Script = { text: askScript, args: [...memberAccess(cluster, node), ...others] }
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
${useMember}
ask() {
  name=$1; shift
  { timeout -s KILL 3 "$etcdctl" --dial-timeout=1s --command-timeout=2s "$@" 2>&1 || :; } | sed "s/^/$name /"
}
point_to_member
ask alarms alarm list -w json &
index=0
for url in "$@"; do
  export ETCDCTL_ENDPOINTS="$url"
  ask "health-$index" endpoint health &
  ask "status-$index" endpoint status -w json &
  index=$((index + 1))
done
wait
`
