import type { Endpoints, NodeName } from './model.ts'

/** A member that goes to another address, port or name. */
export interface Move {
  node: NodeName
  from: Endpoints
  to: Endpoints
}
