import { DeployError, exitCode } from '../errors.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import type { ReachedHost } from './seen.ts'
import { foldersOf } from './set-aside.ts'

/** An unmounted file system is the first suspect, a `down` that did not come to its end the next. `others`: members that do not run either, and without which it can't be replaced. */
export function dataGone(
  cluster: Cluster,
  name: NodeName,
  host: ReachedHost,
  others: readonly NodeName[] = [],
): DeployError {
  const { data, wal } = cluster.paths
  const mount = unmounted(cluster, host).map(mountFirst)
  return new DeployError({
    message: `this member's data is gone: the cluster was formed, but ${data} holds no member`,
    host: name,
    tried: `look into ${data}${wal === undefined ? '' : ` and ${wal}`}`,
    answered: mount.length > 0 ? 'a file system is not mounted' : 'no file system of /etc/fstab is missing there',
    next:
      mount.length > 0
        ? mount
        : [
            `is a disk missing or not mounted? mount it and run up again`,
            ...foldersOf(cluster, host).map(
              (aside) => `data lies in ${aside}: if an etcd-deploy down was interrupted, the same command finishes it`,
            ),
            ...(others.length === 0 ? [] : [`the others first: etcd-deploy start --on ${others.join(',')}`]),
            `if the data is really lost: etcd-deploy member replace ${name} (starting a known member on an empty directory would corrupt the cluster)`,
          ],
    exitCode: exitCode.refused,
  })
}

/** Its own disk is where the data may be, or where it shall come: on the bare mount point it would vanish with the next boot. */
export function notMounted(cluster: Cluster, name: NodeName, host: ReachedHost): DeployError {
  const { data, wal } = cluster.paths
  return new DeployError({
    message: `the file system for ${wal === undefined ? data : `${data} or ${wal}`} is not mounted, so nobody knows what is on it`,
    host: name,
    tried: 'compare /etc/fstab with what is mounted',
    next: unmounted(cluster, host).map(mountFirst),
    exitCode: exitCode.refused,
  })
}

/** File systems below which data or WAL lie, that the host should have mounted and has not. */
export function unmounted({ paths }: Cluster, host: ReachedHost): string[] {
  const lie = (mount: string): boolean =>
    [paths.data, paths.wal].some((path) => path !== undefined && `${path}/`.startsWith(`${mount}/`))
  return host.fstab
    .map((mount) => mount.replace(/(?<=.)\/+$/, ''))
    .filter((mount) => mount !== '/' && !host.mounts.includes(mount) && lie(mount))
}

function mountFirst(path: string): string {
  return `${path} is in /etc/fstab but not mounted: mount ${path}, then run up again`
}
