import type { Cluster, NodeName } from '../inventory/model.ts'

/** No node can be called so. */
export const sharedLeafName = '@members'

/** By which name `pki/` keeps a member's certificates: one of its own, or the one that all share. */
export function memberLeafName({ tls }: Pick<Cluster, 'tls'>, node: NodeName): string {
  return tls.certificates === 'shared' ? sharedLeafName : node
}
