import type { Cluster, NodeName } from './model.ts'

/** The cluster as it is without this node. */
export function withoutNode<T extends Pick<Cluster, 'nodes'>>(cluster: T, name: NodeName): T {
  return { ...cluster, nodes: cluster.nodes.filter((node) => node.name !== name) }
}
