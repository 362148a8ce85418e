import type { Cluster, Endpoints } from '../../../src/inventory/model.ts'
import { wished, type Move } from '../../../src/inventory/move.ts'

/** A member that goes from one address to another, wherever it has been found at the old one. */
export function moveTo(cluster: Cluster, node: string, old: string, next: string): Move {
  return moveBy(cluster, node, (from) => wished(from, { node, replace: new Map([[old, next]]) }))
}

export function moveBy(cluster: Cluster, node: string, change: (from: Endpoints) => Endpoints): Move {
  const from = endpointsOf(cluster, node)
  return { node, from, to: change(from) }
}

export function endpointsOf(cluster: Cluster, name: string): Endpoints {
  const { peer, client } = cluster.nodes.find((node) => node.name === name)!
  return { peer, client }
}

/** What an inventory says once it is edited. */
export function applied(raw: unknown, edits: readonly { path: readonly (string | number)[]; to: string | number }[]) {
  const result = structuredClone(raw)
  for (const { path, to } of edits) {
    let at = result as Record<string | number, unknown>
    for (const [index, key] of path.slice(0, -1).entries()) {
      at[key] ??= typeof path[index + 1] === 'number' ? [] : {}
      at = at[key] as Record<string | number, unknown>
    }
    at[path.at(-1)!] = to
  }
  return result
}
