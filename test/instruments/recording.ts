import { etcdApi } from './etcd-api.ts'
import type { EtcdApi } from './etcd-api.ts'
import { CallError } from './grpc.ts'
import type { Tls } from './grpc.ts'
import type { Operation } from './history.ts'

/** A member that is reachable in two ways (http and https, an old and a new address) is two endpoints of one name. */
export interface Endpoint {
  name: string
  url: string
}

export interface Clients {
  endpoints: Endpoint[]
  tls?: Tls
}

export interface Target {
  name: string
  api: EtcdApi
  /** Failed a moment ago: asked last until then. */
  avoidUntilMs: number
}

/** What writers and readers share. */
export interface Recording {
  history: Operation[]
  clusterIds: Set<string>
  /** Keys that were written once, the last of them. */
  lately: string[]
  targets: Target[]
  stopping: boolean
  nowMs(): number
}

/** Short, as a write that was sent to a leader that is no more gets no answer, and a gap is seen no finer than this. */
export const attemptTimeoutMs = 500

export function newRecording(clients: Clients): Recording {
  const began = performance.now()
  return {
    history: [],
    clusterIds: new Set(),
    lately: [],
    targets: targetsOf(clients),
    stopping: false,
    nowMs: () => performance.now() - began,
  }
}

export function targetsOf({ endpoints, tls }: Clients): Target[] {
  return endpoints.map(({ name, url }) => ({ name, api: etcdApi(url, tls), avoidUntilMs: 0 }))
}

export async function ask<T extends { clusterId: string }>(
  { nowMs, clusterIds }: Recording,
  target: Target,
  call: (api: EtcdApi) => Promise<T>,
): Promise<T | CallError> {
  try {
    const answer = await call(target.api)
    target.avoidUntilMs = 0
    clusterIds.add(answer.clusterId)
    return answer
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    target.avoidUntilMs = nowMs() + 1000
    return error
  }
}
