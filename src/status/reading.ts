import type { Operation } from '../engine/operation.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import type { AskedSeen } from './ask-cluster.ts'
import type { DriftSeen } from './drift.ts'
import type { Seen } from '../steps/seen.ts'
import type { WireSeen } from './wire.ts'

/** All that was read; the status is worked out from it and nothing else. */
export interface StatusReading {
  cluster: Cluster
  seen: Seen
  wire: ReadonlyMap<NodeName, WireSeen>
  asked: AskedSeen | undefined
  drift: DriftSeen
  /** The record beside the inventory. */
  operation: Operation | undefined
  /** Where that operation stands, where it is one of several stages. */
  stands?: string | undefined
  warnings: { host: string | undefined; message: string; next: string[] }[]
  now: Date
}
