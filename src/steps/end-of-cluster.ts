import type { Step } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster } from '../inventory/model.ts'
import { binariesOfAnother } from './foreign.ts'
import { hasMemberData } from './formation.ts'
import { reachedHosts, withFiles, withHost, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** All members at once, on purpose: the cluster ends. */
export const stopForGood: Step<Wanted, Seen> = {
  name: 'stop',
  onlyIn: 'down',
  next: ({ cluster }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      if (!on.files.has(layoutOf(cluster).unit) && on.process === undefined) return []
      if (on.process === undefined && !on.unit.enabled && on.unit.active !== 'activating') return []
      return [
        {
          host,
          what: 'stop and disable the member',
          why: 'it shall not run here any more',
          script: {
            text: 'systemctl disable --now "$1.service" 2>&1; systemctl reset-failed "$1.service" 2>/dev/null || :',
            args: [cluster.service.name],
          },
          timeoutMs: 120_000,
          predict: (before: Seen) =>
            withHost(before, host, (now) => ({
              process: undefined,
              etcd: undefined,
              unit: { ...now.unit, active: 'inactive', enabled: false },
            })),
        },
      ]
    }),
}

/** Renames `member/`, that of an own WAL folder too, inside its folder, which may be a mount point; deletes only where asked to. */
export function setDataAside({ purge }: { purge: boolean }): Step<Wanted, Seen> {
  return {
    name: 'data',
    onlyIn: 'down',
    next: ({ cluster }, seen) =>
      reachedHosts(seen).flatMap(([host, on]) => {
        const { data, wal = '' } = cluster.paths
        const live = hasMemberData(cluster, on)
        const aside = [...on.dataEntries, ...on.walEntries].some((entry) => entry.startsWith('member.'))
        if (!live && !(purge && aside)) return []
        return [
          {
            host,
            what: purge ? `delete the data in ${data}` : `set the data in ${data} aside`,
            why: purge ? '--purge was given and confirmed' : 'data is never deleted unasked',
            script: { text: purge ? deleteData : renameData, args: [data, wal] },
            timeoutMs: 300_000,
            predict: (before: Seen) =>
              withHost(before, host, (now) => ({
                dataEntries: [],
                walEntries: [],
                files: withFiles(
                  now,
                  ['', '/snap', '/wal'].map((below) => [`${data}/member${below}`, undefined]),
                ),
              })),
          },
        ]
      }),
  }
}

/** Service, settings, certificates, binaries, and the memory that a cluster was here; the accounts stay, as data is theirs. */
export const removeFiles: Step<Wanted, Seen> = {
  name: 'files',
  onlyIn: 'down',
  next: ({ cluster }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const left = ours(cluster, on)
      if (left.length === 0) return []
      const at = layoutOf(cluster)
      return [
        {
          host,
          what: 'remove service, binaries and settings',
          why: `${left.join(', ')} left`,
          script: {
            text: removeAll,
            args: [
              cluster.paths.bin,
              cluster.paths.config,
              at.adminDir,
              at.stateDir,
              at.unit,
              at.wrapper,
              binariesOfAnother(cluster, on) === undefined ? at.binarySums : '',
              at.etcd,
              at.etcdctl,
              at.etcdutl,
            ],
          },
          timeoutMs: 60_000,
          predict: (before: Seen) =>
            withHost(before, host, (now) => ({
              formed: undefined,
              files: withFiles(
                now,
                left.map((path) => [path, undefined]),
              ),
            })),
        },
      ]
    }),
}

function ours(cluster: Cluster, on: ReachedHost): string[] {
  const at = layoutOf(cluster)
  const isPushed = on.files.has(at.binarySums) && binariesOfAnother(cluster, on) === undefined
  const pushed = isPushed ? [at.binarySums] : []
  return [at.unit, at.wrapper, at.env, at.tlsDir, at.adminDir, at.stateDir, at.formed, ...pushed].filter((path) =>
    on.files.has(path),
  )
}

/** Arguments: data directory, WAL directory or empty. */
export const renameData = `
data=$1 wal=$2 date=$(date -u +%Y-%m-%dT%H%M%SZ)
for folder in "$data" $wal; do
  [ ! -e "$folder/member" ] || mv -T "$folder/member" "$folder/member.$date"
  sync "$folder"
done
`

const deleteData = `
for folder in "$1" $2; do rm -rf -- "$folder"/member "$folder"/member.*; done
`

/**
 * The memory that a cluster was here goes last: until then a rerun knows that there is something to end. `sums` is empty where the
 * binaries are another cluster's.
 */
const removeAll = `
bin=$1 config=$2 admin=$3 state=$4 unit=$5 wrapper=$6 sums=$7; shift 7
rm -f -- "$unit" "$wrapper"
systemctl daemon-reload
if [ -n "$sums" ] && [ -e "$sums" ]; then rm -f -- "$@" "$sums"; fi
for folder in "$bin" "$(dirname "$bin")"; do rmdir "$folder" 2>/dev/null || :; done
rm -rf -- "$config/tls" "$config/etcd.env" "$admin"
rmdir "$config" 2>/dev/null || :
rm -rf -- "$state"
rmdir "$(dirname "$state")" 2>/dev/null || :
`
