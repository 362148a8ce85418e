import type { Cluster, Timeouts } from './model.ts'

/** The time-out of one command, which a node may have of its own. */
export function commandTimeout(cluster: Cluster): (host: string) => number {
  return (host) => timeoutsOf(cluster, host).commandMs
}

export function timeoutsOf(cluster: Cluster, host: string): Timeouts {
  return cluster.nodes.find(({ name }) => name === host)?.timeouts ?? cluster.timeouts
}
