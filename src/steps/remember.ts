import type { Change, Step } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import { putFiles, seenOnce, textFile } from './file-want.ts'
import { isHealthy } from './members.ts'
import { reached, reachedHosts, withFiles, withHost, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** Once every member serves, each host remembers that its cluster was formed, outside the data directory. */
export const rememberFormed: Step<Wanted, Seen> = {
  name: 'remember',
  alone: true,
  next: (want, seen) => {
    const { cluster, formation, members } = want
    const everyMemberServes = cluster.nodes.every((node) => isHealthy(reached(seen, node.name)))
    if (formation.kind === 'bootstrap' && !everyMemberServes) return []
    const unaware = reachedHosts(seen).filter(
      ([, on]) => on.formed === undefined && clusterIdOf(want, on) !== undefined,
    )
    return unaware.flatMap(([host, on]) => {
      const member = members.get(host)
      if (member === undefined) return []
      const formed = {
        cluster: cluster.name,
        clusterId: clusterIdOf(want, on) ?? '',
        token: formation.token,
        formedAt: new Date(on.clock.hostMs).toISOString(),
      }
      const record = textFile(layoutOf(cluster).formed, `${JSON.stringify(formed, undefined, 2)}\n`, {
        mode: 0o640,
        owner: 'root',
        group: cluster.service.group,
      })
      const files = [record, member.envOnceFormed]
      return [
        {
          ...withoutDiff(putFiles(seen, host, 'remember that the cluster is formed', files)),
          why: 'no cluster may ever be bootstrapped here again',
          predict: (before: Seen) =>
            withHost(before, host, (now) => ({
              formed,
              files: withFiles(
                now,
                files.map((file) => [file.path, seenOnce(file)]),
              ),
            })),
        },
      ]
    })
  },
}

function clusterIdOf({ formation }: Wanted, on: ReachedHost): string | undefined {
  return (formation.kind === 'formed' ? formation.clusterId : undefined) ?? on.etcd?.clusterId
}

/** initial-cluster-state becomes `existing`, as it always does: nothing that a person must look at. */
function withoutDiff({ diff: _, ...change }: Change<Seen>): Change<Seen> {
  return change
}
