import type { Step } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import { marksAsRoot } from '../etcd/unit.ts'
import type { Cluster } from '../inventory/model.ts'
import { reachedHosts, withFiles, withHost, type FileSeen, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** Folders with their rights; what is in a folder that is already there stays as it is. */
export const directories: Step<Wanted, Seen> = {
  name: 'directories',
  next: ({ cluster }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const wrong = directoriesOf(cluster, on).filter((want) => differs(on, want))
      if (wrong.length === 0) return []
      return [
        {
          host,
          what: `make ${wrong.length === 1 ? 'a folder' : `${wrong.length} folders`}`,
          why: wrong
            .map((want) => `${want.path} ${on.files.has(want.path) ? 'has other rights' : 'missing'}`)
            .join(', '),
          script: {
            text: makeDirectories,
            args: wrong.flatMap((want) => [want.path, want.mode.toString(8), want.owner, want.group]),
          },
          timeoutMs: 30_000,
          predict: (before: Seen) =>
            withHost(before, host, (now) => ({
              files: withFiles(
                now,
                wrong.map((want) => [want.path, { type: 'directory', size: 0, modifiedS: 0, ...want }]),
              ),
            })),
        },
      ]
    }),
}

type DirectoryWant = Pick<FileSeen, 'mode' | 'owner' | 'group'> & { path: string }

function directoriesOf(cluster: Cluster, { systemd }: ReachedHost): DirectoryWant[] {
  const { paths, service } = cluster
  const at = layoutOf(cluster)
  const root = { owner: 'root', group: 'root' }
  const secured = cluster.tls.mode !== 'off'
  return [
    { path: paths.bin, mode: 0o755, ...root },
    { path: paths.config, mode: 0o750, owner: 'root', group: service.group },
    ...(secured ? [{ path: at.tlsDir, mode: 0o750, owner: 'root', group: service.group }] : []),
    ...(secured ? [{ path: at.adminDir, mode: 0o750, owner: 'root', group: service.adminGroup }] : []),
    // etcd 3.4.10 refuses any other mode, and later ones warn.
    { path: paths.data, mode: 0o700, owner: service.user, group: service.group },
    ...(paths.wal === undefined ? [] : [{ path: paths.wal, mode: 0o700, owner: service.user, group: service.group }]),
    { path: at.stateDir, mode: 0o750, owner: 'root', group: service.group },
    marksAsRoot(systemd)
      ? { path: at.readyDir, mode: 0o750, owner: 'root', group: service.group }
      : { path: at.readyDir, mode: 0o700, owner: service.user, group: service.group },
  ]
}

function differs(on: ReachedHost, want: DirectoryWant): boolean {
  const seen = on.files.get(want.path)
  if (seen === undefined) return true
  // An existing folder for programs (/usr/local/bin) is the host's own.
  if (want.mode === 0o755) return false
  return seen.mode !== want.mode || seen.owner !== want.owner || seen.group !== want.group
}

const makeDirectories = `
umask 022
while [ $# -ge 4 ]; do
  [ -d "\${1%/*}" ] || mkdir -p -- "\${1%/*}"
  install -d -m "$2" -o "$3" -g "$4" -- "$1"
  shift 4
done
`
