import type { Step } from '../engine/playbook.ts'
import { hasMemberData } from './formation.ts'
import { isHealthy } from './members.ts'
import { reachedHosts, withHost, type ReachedHost, type Seen } from './seen.ts'
import type { Cluster } from '../inventory/model.ts'
import type { Wanted } from './wanted.ts'

/**
 * Before members without quorum are brought together: each is stopped, and its data copied inside its folder, `member.NAME`, where there
 * is room. It is for people: nothing of ours ever reads or deletes it.
 */
export function copyAside(name: string): Step<Wanted, Seen> {
  return {
    name: 'copy of the data',
    next: ({ cluster }, seen) =>
      reachedHosts(seen).flatMap(([host, on]) => {
        const isCopied = on.dataEntries.includes(name)
        if (isHealthy(on) || isCopied || !hasMemberData(cluster, on) || !hasRoom(cluster, on)) return []
        const { data, wal = '' } = cluster.paths
        return [
          {
            host,
            what: `stop the member and copy its data to ${data}/${name}`,
            why: 'there is no quorum, so that nothing is lost by it, and no snapshot can be taken',
            script: { text: copyData, args: [cluster.service.name, name, data, wal] },
            timeoutMs: 1_800_000,
            predict: (before: Seen) =>
              withHost(before, host, (now) => ({
                process: undefined,
                unit: { ...now.unit, active: 'inactive', sub: 'dead' },
                dataEntries: [...now.dataEntries, name],
              })),
          },
        ]
      }),
  }
}

/** A tenth more than it is, so that the disk is not full afterwards. */
export function hasRoom({ paths }: Cluster, { space, recovery }: ReachedHost): boolean {
  const needed = (recovery?.dataKiB ?? Infinity) * 1.1 + 64 * 1024
  return [paths.data, paths.wal ?? paths.data].every((path) => (space.get(path)?.freeKiB ?? 0) > needed)
}

const copyData = `
unit=$1.service name=$2 data=$3 wal=$4
systemctl stop "$unit"
systemctl reset-failed "$unit" 2>/dev/null || :
copy() {
  [ -d "$1/member" ] && [ ! -e "$1/$name" ] || return 0
  rm -rf -- "$1/$name.partial"
  cp -a -- "$1/member" "$1/$name.partial"
  mv -- "$1/$name.partial" "$1/$name"
}
[ -z "$wal" ] || copy "$wal"
copy "$data"
`
