import type { Stage, Step } from '../engine/playbook.ts'
import type { Cluster, Tls } from '../inventory/model.ts'
import { reachedHosts, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/** How far a cluster without TLS has come on the way to it. */
export type TlsTarget = 'both for clients' | 'TLS between members' | 'TLS alone'

const plain: Record<TlsTarget, Tls['plain']> = {
  'both for clients': { peers: true, clients: true },
  'TLS between members': { peers: false, clients: true },
  'TLS alone': undefined,
}

export function isTlsTarget(target: string | undefined): target is TlsTarget {
  return target !== undefined && Object.hasOwn(plain, target)
}

/** The cluster as it shall be while a stage lasts. */
export function opened(cluster: Cluster, target: TlsTarget): Cluster {
  const { plain: _, ...tls } = cluster.tls
  const wanted = plain[target]
  return { ...cluster, tls: wanted === undefined ? tls : { ...tls, plain: wanted } }
}

export interface TlsStage {
  name: string
  target: TlsTarget
  steps: readonly Step<Wanted, Seen>[]
  pause?: string
}

/** Reached by what the members' processes listen on; a later stage has gone beyond an earlier one. */
export function tlsStages(stages: readonly TlsStage[]): Stage<Wanted, Seen, TlsTarget>[] {
  return stages.map((stage) => ({
    ...stage,
    reached: (_, seen) => reachedHosts(seen).every(([, on]) => reaches[stage.target](listens(on))),
    begun: (_, seen) => reachedHosts(seen).some(([, on]) => reaches[stage.target](listens(on))),
  }))
}

interface Listens {
  clients: string[]
  peers: string[]
}

const reaches: Record<TlsTarget, (listens: Listens) => boolean> = {
  'both for clients': ({ clients }) => clients.some(isHttps),
  'TLS between members': ({ clients, peers }) => clients.some(isHttps) && peers.length > 0 && peers.every(isHttps),
  'TLS alone': ({ clients, peers }) => [...clients, ...peers].every(isHttps) && clients.length > 0 && peers.length > 0,
}

function listens({ process }: ReachedHost): Listens {
  const urls = (name: string): string[] => process?.environment[name]?.split(',') ?? []
  return { clients: urls('ETCD_LISTEN_CLIENT_URLS'), peers: urls('ETCD_LISTEN_PEER_URLS') }
}

export function isHttps(url: string): boolean {
  return url.startsWith('https:')
}
