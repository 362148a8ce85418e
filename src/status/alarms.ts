import { basename } from 'node:path/posix'

import { layoutOf } from '../etcd/layout.ts'
import type { Cluster } from '../inventory/model.ts'
import type { AlarmStatus } from './model.ts'

/** An alarm and the commands against it, in their order, ready to paste. */
export function alarmStatus(
  kind: AlarmStatus['kind'],
  cluster: Cluster,
  member: { name: string; revision: number | null },
): AlarmStatus {
  const etcdctl = `sudo ${basename(layoutOf(cluster).wrapper)}`
  if (kind === 'NOSPACE') {
    return {
      kind,
      message: 'its database has reached the quota: the cluster takes no writes until the alarm is disarmed',
      next: [
        `on one host: ${etcdctl} compact ${member.revision ?? 'REVISION'}   (drops the history of keys, not their values)`,
        `on every host, one after the other: ${etcdctl} defrag   (gives the space back; the member pauses meanwhile)`,
        `on one host: ${etcdctl} alarm disarm`,
        'where the data itself is that large: a larger quota-backend-bytes in the inventory’s settings (at most 8GiB), etcd-deploy up, then disarm',
      ],
    }
  }
  if (kind === 'CORRUPT') {
    return {
      kind,
      message: 'its data differs from that of the other members',
      next: [`etcd-deploy snapshot save FILE`, `etcd-deploy member replace ${member.name}`],
    }
  }
  return { kind, message: 'an alarm that this version of etcd-deploy does not know', next: [`${etcdctl} alarm list`] }
}
