import type { Problem } from '../engine/playbook.ts'
import type { Node } from '../inventory/model.ts'
import { grave, warned } from './problem.ts'
import type { ReachedHost } from './seen.ts'

/** Room and kind of the file systems under the data. */
export function spaceProblems({ name }: Node, on: ReachedHost): Problem[] {
  return [...on.space].flatMap(([path, { freeKiB, fileSystem }]) => {
    const problems: Problem[] = []
    if (freeKiB < neededMiB(on) * 1024 && on.process === undefined) {
      problems.push(
        grave(name, {
          message: `${Math.round(freeKiB / 1024)} MiB are free for ${path}; at least ${neededMiB(on)} are needed`,
          tried: `df ${path}`,
          next:
            on.formed === undefined
              ? 'free space, or set paths.data to a larger disk'
              : 'free space, or make the disk larger',
        }),
      )
    }
    if (networkFileSystems.has(fileSystem)) {
      problems.push(
        warned(name, {
          message: `${path} is on ${fileSystem}: etcd needs a local disk that honours fsync`,
          tried: `stat -f ${path}`,
        }),
      )
    }
    if (fileSystem === 'tmpfs')
      problems.push(
        warned(name, {
          message: `${path} is in memory (tmpfs): its data is lost at the next boot`,
          tried: `stat -f ${path}`,
        }),
      )
    return problems
  })
}

const networkFileSystems = new Set(['nfs', 'nfs4', 'cifs', 'smb2', 'fuseblk', 'ceph', 'gluster'])

/** Data and its log need room; a full disk stops etcd. A member that has them already starts with room for two more files of its log. */
function neededMiB({ formed }: ReachedHost): number {
  return formed === undefined ? 512 : 128
}
