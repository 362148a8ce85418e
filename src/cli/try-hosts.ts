import type { RunEvent } from '../engine/events.ts'
import { DeployError } from '../errors.ts'
import type { Connection } from '../host/host.ts'
import type { Cluster, Node, RevealSecret } from '../inventory/model.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { systemProblems } from '../steps/system-check.ts'
import type { AskPerson } from '../ui/ask.ts'
import { connectToAll } from './connect-to-all.ts'
import type { CommonOptions } from './options.ts'

export interface TriedHost {
  host: string
  /** `deploy@10.0.0.1:22` */
  where: string
  architecture: string
  systemd: number
}

export interface Trying {
  options: CommonOptions
  ask: AskPerson
  reveal: RevealSecret
  signal: AbortSignal
  tell(line: string): void
}

/** Whether a run could work on the hosts: each reached, logged in to, root there, of a kind that etcd runs on. Changes nothing there. */
export async function tryHosts(
  cluster: Cluster,
  { options, ask, reveal, signal, tell }: Trying,
): Promise<{ ready: TriedHost[]; problems: DeployError[] }> {
  const emit = (event: RunEvent): void => {
    if (event.type === 'command' && options.verbose === true)
      tell(`${event.host}: ${event.what}, ${event.durationMs} ms`)
  }
  const connections = await connectToAll(cluster, undefined, { command: 'init', options, emit, ask, reveal, signal })
  try {
    const seen = await seeHosts({ cluster, connections, signal, emit })
    const tried = cluster.nodes.map((node) => hostTried(node, connections.get(node.name), seen.hosts.get(node.name)))
    return {
      ready: tried.flatMap((each) => ('where' in each ? each : [])),
      problems: tried.flatMap((each) => ('where' in each ? [] : each.problems)),
    }
  } finally {
    for (const connection of connections.values()) if (connection.kind === 'connected') connection.host.close()
  }
}

function hostTried(
  node: Node,
  connection: Connection | undefined,
  seen: Awaited<ReturnType<typeof seeHosts>>['hosts'] extends ReadonlyMap<string, infer One> ? One | undefined : never,
): TriedHost | { problems: DeployError[] } {
  if (connection?.kind !== 'connected') return { problems: [asDeployError(node, connection?.error)] }
  if (seen?.kind !== 'reached') return { problems: [asDeployError(node, seen?.error)] }
  const problems = systemProblems(node, seen).map(({ error }) => error)
  if (problems.length > 0) return { problems }
  const { architecture = '', systemd } = seen
  return { host: node.name, where: connection.host.target, architecture, systemd }
}

function asDeployError({ name }: Node, error: Error | undefined): DeployError {
  if (error instanceof DeployError) return error
  return new DeployError({ host: name, message: error?.message ?? 'not reached', cause: error })
}
