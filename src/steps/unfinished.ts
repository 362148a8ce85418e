import { dirname, join } from 'node:path'

import { DeployError, exitCode } from '../errors.ts'
import type { Operation } from '../engine/operation.ts'
import type { Problem } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { reachedHosts, type Seen } from './seen.ts'

/** Where the record of an operation lies on this side: beside the inventory, for any controller that has it. */
export function recordPath(cluster: Cluster): string {
  return join(dirname(cluster.file), '.etcd-deploy', `${cluster.name}.operation.json`)
}

/** An operation that was begun and not ended, as the hosts or this side remember it. */
export function unfinishedOperation(seen: Seen, local: Operation | undefined): Operation | undefined {
  return local ?? reachedHosts(seen).find(([, on]) => on.operation !== undefined)?.[1].operation
}

/** While one is unfinished, nothing else may change the cluster: it would be undone or mixed up silently. */
export function refuseUnfinished(unfinished: Operation | undefined, own: string | undefined): Problem[] {
  if (unfinished === undefined || unfinished.name === own) return []
  const since = unfinished.since === '' ? '' : ` since ${unfinished.since}`
  const by = unfinished.controller === '' ? '' : ` by ${unfinished.controller}`
  return [
    {
      error: new DeployError({
        message: `the operation ${unfinished.name} was begun and not finished`,
        tried: 'look for operation records beside the inventory and on the hosts',
        answered: `begun${since}${by}`,
        next: unfinished.finish === '' ? 'its record is unreadable' : `finish it: ${unfinished.finish}`,
        exitCode: exitCode.refused,
      }),
    },
  ]
}
