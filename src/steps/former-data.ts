import type { Step } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import { renameData } from './end-of-cluster.ts'
import { hasMemberData } from './formation.ts'
import { entryOf, joiner, knowsMembers } from './joining.ts'
import { reached, withFiles, withHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/**
 * What an earlier member left on the host that joins: it would not start on it. Only while etcd has no such member: from then on data
 * there is its own.
 */
export const setFormerDataAside: Step<Wanted, Seen> = {
  name: 'former data',
  next: (want, seen) => {
    const { cluster } = want
    const node = joiner(want)
    const on = node && reached(seen, node.name)
    if (node === undefined || on === undefined || !knowsMembers(seen) || entryOf(want, seen) !== undefined) return []
    const at = layoutOf(cluster)
    if (!hasMemberData(cluster, on) && !on.files.has(at.wasReady) && on.process === undefined) return []
    const { data, wal = '' } = cluster.paths
    return [
      {
        host: node.name,
        what: `stop what runs there and set its data in ${data} aside`,
        why: 'its member is no longer in the cluster',
        script: { text: stopAndRename, args: [data, wal, cluster.service.name, at.wasReady, at.previousDir] },
        timeoutMs: 300_000,
        predict: (before: Seen) =>
          withHost(before, node.name, (now) => ({
            process: undefined,
            etcd: undefined,
            unit: { ...now.unit, active: 'inactive', sub: 'dead' },
            dataEntries: now.dataEntries.filter((entry) => entry !== 'member'),
            walEntries: [],
            files: withFiles(
              now,
              [at.wasReady, ...['', '/snap', '/wal'].map((below) => `${data}/member${below}`)].map((path) => [
                path,
                undefined,
              ]),
            ),
          })),
      },
    ]
  },
}

const stopAndRename = `
service=$3.service was_ready=$4 previous=$5
systemctl stop "$service" 2>/dev/null || :
systemctl reset-failed "$service" 2>/dev/null || :
(${renameData})
rm -rf -- "$was_ready" "$previous" "$previous.new"
`
