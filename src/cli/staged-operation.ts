import { hostname, userInfo } from 'node:os'

import type { Intent } from '../engine/intent.ts'
import type { Operation } from '../engine/operation.ts'
import { layoutOf } from '../etcd/layout.ts'
import { recordPath } from '../steps/unfinished.ts'
import type { Running } from './run-stages.ts'
import type { Session } from './session.ts'

/** What every operation of several stages takes. */
export interface PauseOptions {
  continue?: true
  /** `--no-pause`: false. */
  pause?: boolean
}

/** An operation that begins now. */
export function beginOperation(operation: Pick<Operation, 'name' | 'args' | 'finish'>): Operation {
  const controller = `${userInfo().username}@${hostname()}`
  return { ...operation, since: new Date().toISOString(), controller, told: [] }
}

/** Where its intent is kept, and which pauses this run passes. */
export function asOperation(
  { cluster }: Pick<Session, 'cluster'>,
  operation: Operation,
  options: PauseOptions,
): { intent: Intent } & Pick<Running, 'pauses'> {
  const intent = { operation, localPath: recordPath(cluster), hostPath: layoutOf(cluster).operation }
  if (options.pause === false) return { intent, pauses: 'all' }
  return options.continue === true ? { intent, pauses: 'next' } : { intent }
}
