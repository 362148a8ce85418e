import type { Step } from '../engine/playbook.ts'
import { differing, putFiles } from './file-want.ts'
import { reachedHosts, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** Certificates, keys, CA bundles, revocation lists; etcd reads all but the CA bundles at every handshake, so nobody goes down. */
export const certificates: Step<Wanted, Seen> = {
  name: 'certificates',
  next: ({ members }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const groups = members.get(host)?.certificates ?? []
      const wrong = groups.filter(({ files }) => differing(on, files).length > 0)
      if (wrong.length === 0) return []
      return [
        putFiles(
          seen,
          host,
          `install ${wrong.map(({ what }) => what).join(', ')}`,
          wrong.flatMap(({ files }) => files),
        ),
      ]
    }),
}

/** `etcdctl` for people on the host. */
export const etcdctl: Step<Wanted, Seen> = {
  name: 'etcdctl',
  next: ({ members }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const wrapper = members.get(host)?.wrapper
      if (wrapper === undefined || differing(on, [wrapper]).length === 0) return []
      return [putFiles(seen, host, `install ${wrapper.path}`, [wrapper])]
    }),
}
