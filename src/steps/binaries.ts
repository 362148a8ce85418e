import type { Change, Step } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import { managedHeader } from '../etcd/unit.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { reachedHosts, withFiles, withHost, type ReachedHost, type Seen } from './seen.ts'
import { seenOnce, type FileWant } from './file-want.ts'
import type { Wanted } from './wanted.ts'

/** etcd and its tools, checked on the host and renamed into place. To a member that was never started etcdutl comes with `start`. */
export const binaries: Step<Wanted, Seen> = {
  name: 'binaries',
  next: (want, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const wanted = want.members.get(host)?.binaries ?? []
      const { etcdutl } = layoutOf(want.cluster)
      return pushOf(want, host, on, startsAsNew(want, on) ? wanted.filter(({ path }) => path !== etcdutl) : wanted)
    }),
}

/**
 * One that is to form the cluster: etcd waits for its first election a second or so, in which its host has nothing else to do. etcdctl must
 * be there before: whoever goes on with an interrupted bootstrap has to ask etcd who its members are.
 */
function startsAsNew({ formation }: Wanted, on: ReachedHost): boolean {
  return formation.kind === 'bootstrap' && on.formed === undefined && on.process === undefined
}

/** Systemd is asked to start the member, once `before` has run, and what nobody needs yet is pushed meanwhile; nothing where nothing is missing. */
export function pushAsItStarts(want: Wanted, host: NodeName, on: ReachedHost, before: string): Change<Seen>[] {
  if (!startsAsNew(want, on)) return []
  return pushOf(want, host, on, want.members.get(host)?.binaries ?? []).map(({ what, script, ...change }) => ({
    ...change,
    what: `${what} as the member starts`,
    script: {
      ...script,
      text: before + beginStart + script.text,
      args: [`${want.cluster.service.name}.service`, ...(script.args ?? [])],
    },
  }))
}

// Whether that was granted is seen when the member is waited for.
const beginStart = `
systemctl --no-block start "$1" || :
shift
`

function pushOf({ cluster }: Wanted, host: NodeName, on: ReachedHost, wanted: readonly FileWant[]): Change<Seen>[] {
  const missing = wanted.filter((want) => binarySum(cluster, on, want.path) !== want.content.sha256)
  if (missing.length === 0) return []
  const names = missing.map((want) => want.path.slice(want.path.lastIndexOf('/') + 1))
  const { binarySums } = layoutOf(cluster)
  return [
    {
      host,
      what: `push ${names.join(', ')} ${cluster.version}`,
      why: missing.map((want) => `${want.path} ${on.files.has(want.path) ? 'is another' : 'missing'}`).join(', '),
      script: {
        text: installBinaries,
        args: [
          binarySums,
          managedHeader(cluster),
          cluster.version,
          ...wanted.flatMap((want) => [want.content.sha256, want.path]),
        ],
        files: missing,
      },
      timeoutMs: 600_000,
      predict: (before: Seen) => withHost(before, host, (now) => ({ files: withFiles(now, pushed(cluster, wanted)) })),
    },
  ]
}

/** The SHA-256 of a binary on the host, as long as size and time are those it had when it was checked. */
function binarySum(cluster: Cluster, on: ReachedHost, path: string): string | undefined {
  const binary = on.files.get(path)
  if (binary === undefined) return undefined
  const known = sums(cluster, on).find((line) => line.path === path)
  return known !== undefined && known.size === binary.size && known.modifiedS === binary.modifiedS
    ? known.sha256
    : undefined
}

/** The version that was pushed there. */
export function pushedVersion(cluster: Cluster, on: ReachedHost): string | undefined {
  return /^# etcd (\S+)$/m.exec(on.files.get(layoutOf(cluster).binarySums)?.text ?? '')?.[1]
}

function sums(cluster: Cluster, on: ReachedHost): { sha256: string; size: number; modifiedS: number; path: string }[] {
  const text = on.files.get(layoutOf(cluster).binarySums)?.text ?? ''
  return [...text.matchAll(/^([0-9a-f]{64}) (\d+) (\d+) (\S+)$/gm)].map(
    ([, sha256 = '', size, modified, path = '']) => ({
      sha256,
      size: Number(size),
      modifiedS: Number(modified),
      path,
    }),
  )
}

function pushed(cluster: Cluster, wanted: readonly FileWant[]): [string, ReturnType<typeof seenOnce>][] {
  const { binarySums } = layoutOf(cluster)
  const lines = wanted.map((want) => `${want.content.sha256} ${seenOnce(want).size} 0 ${want.path}\n`)
  const text = `${managedHeader(cluster)}\n# etcd ${cluster.version}\n${lines.join('')}`
  const file = {
    type: 'file' as const,
    mode: 0o644,
    owner: 'root',
    group: 'root',
    size: text.length,
    modifiedS: 0,
    text,
  }
  return [
    ...wanted.map((want): [string, ReturnType<typeof seenOnce>] => [want.path, seenOnce(want)]),
    [binarySums, file],
  ]
}

/** Remembers size and time beside the sum that was checked, so that the next run need not hash 60 MB. */
const installBinaries = `
sums=$1 header=$2 version=$3; shift 3
install_files
{
  echo "$header"
  echo "# etcd $version"
  while [ $# -ge 2 ]; do echo "$1 $(stat -c '%s %Y' "$2") $2"; shift 2; done
} >"$sums.new"
chmod 644 "$sums.new"; mv "$sums.new" "$sums"
`
