import type { Change, Step } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import { differing, putFiles, seenOnce, textFile, type FileWant } from './file-want.ts'
import { isHealthy } from './members.ts'
import { reached, reachedHosts, withFiles, withHost, type FormedSeen, type ReachedHost, type Seen } from './seen.ts'
import type { MemberWanted, Wanted } from './wanted.ts'

/**
 * Once every member serves, each host remembers that its cluster was formed, outside the data directory. Where all went well their start
 * has done so already.
 */
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
      const memory = memoryOf(want, member, on, clusterIdOf(want, on) ?? '')
      return [
        {
          ...withoutDiff(putFiles(seen, host, 'remember that the cluster is formed', memory.files)),
          why: 'no cluster may ever be bootstrapped here again',
          predict: (before: Seen) => withHost(before, host, (now) => remembering(now, memory)),
        },
      ]
    })
  },
}

export interface Memory {
  formed: FormedSeen
  files: FileWant[]
}

/**
 * The record of a formed cluster, and the member's environment, in which the cluster exists from now on. One that differs in more is left
 * to the member's restart, which can go back to it.
 */
export function memoryOf(
  { cluster, formation }: Wanted,
  member: MemberWanted,
  on: ReachedHost,
  clusterId: string,
): Memory {
  const formedAt = new Date(on.clock.hostMs).toISOString()
  const formed = { cluster: cluster.name, clusterId, token: formation.token, formedAt }
  const rights = { mode: 0o640, owner: 'root', group: cluster.service.group }
  const record = textFile(layoutOf(cluster).formed, `${JSON.stringify(formed, undefined, 2)}\n`, rights)
  const startedAsWanted = differing(on, [member.env]).length === 0
  return { formed, files: [record, ...(startedAsWanted ? [member.envOnceFormed] : [])] }
}

export function remembering(now: ReachedHost, { formed, files }: Memory): Pick<ReachedHost, 'formed' | 'files'> {
  return {
    formed,
    files: withFiles(
      now,
      files.map((file) => [file.path, seenOnce(file)]),
    ),
  }
}

function clusterIdOf({ formation }: Wanted, on: ReachedHost): string | undefined {
  return (formation.kind === 'formed' ? formation.clusterId : undefined) ?? on.etcd?.clusterId
}

/** initial-cluster-state becomes `existing`, as it always does: nothing that a person must look at. */
function withoutDiff({ diff: _, ...change }: Change<Seen>): Change<Seen> {
  return change
}
