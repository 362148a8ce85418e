import type { Cluster, NodeName } from '../inventory/model.ts'

/** By which name `pki/` keeps a member's certificates: one of its own, or the one that all share. No node can be called so. */
export function memberLeafName({ tls }: Pick<Cluster, 'tls'>, node: NodeName): string {
  return tls.certificates === 'shared' ? '@members' : node
}
