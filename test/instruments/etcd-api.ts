import { allBytesOf, bigintOf, bytesOf, decode, encode, numberOf } from './protobuf.ts'
import { grpcConnection } from './grpc.ts'
import type { Tls } from './grpc.ts'

export interface Header {
  clusterId: string
  revision: number
}

export interface KeyValue {
  key: string
  value: string
  modRevision: number
}

export interface RangeQuery {
  end?: string
  revision?: number
  limit?: number
}

/** What the recorder asks of a member, on one connection; every version from 3.3 on answers the same. */
export interface EtcdApi {
  /** Puts only where the key was last changed at that revision (0: is absent), else answers what is there. */
  putAfter(
    key: string,
    value: string,
    modRevision: number,
    timeoutMs: number,
  ): Promise<Header & { done: boolean; found: KeyValue | undefined }>
  /** Puts whatever is there. */
  put(key: string, value: string, timeoutMs: number): Promise<Header>
  /** Linearizable. */
  range(key: string, query: RangeQuery, timeoutMs: number): Promise<Header & { kvs: KeyValue[]; more: boolean }>
  hashKv(revision: number, timeoutMs: number): Promise<Header & { hash: number; compactRevision: number }>
  close(): void
}

export function etcdApi(url: string, tls?: Tls): EtcdApi {
  const { call, close } = grpcConnection(url, tls)
  return {
    async putAfter(key, value, modRevision, timeoutMs) {
      const modified = 2
      const compare = encode([2, modified], [3, Buffer.from(key)], [6, modRevision])
      const put = encode([2, putRequest(key, value)])
      const look = encode([1, rangeRequest(key, {})])
      const request = encode([1, compare], [2, put], [3, look])
      const answer = decode(await call('/etcdserverpb.KV/Txn', request, timeoutMs))
      const looked = decode(bytesOf(decode(bytesOf(answer, 3)), 1))
      const [found] = allBytesOf(looked, 2).map(keyValueOf)
      const done = numberOf(answer, 2) === 1
      return { ...headerOf(bytesOf(answer, 1)), done, found: done ? undefined : found }
    },
    async put(key, value, timeoutMs) {
      const answer = decode(await call('/etcdserverpb.KV/Put', putRequest(key, value), timeoutMs))
      return headerOf(bytesOf(answer, 1))
    },
    async range(key, query, timeoutMs) {
      const answer = decode(await call('/etcdserverpb.KV/Range', rangeRequest(key, query), timeoutMs))
      const kvs = allBytesOf(answer, 2).map(keyValueOf)
      return { ...headerOf(bytesOf(answer, 1)), kvs, more: numberOf(answer, 3) === 1 }
    },
    async hashKv(revision, timeoutMs) {
      const answer = decode(await call('/etcdserverpb.Maintenance/HashKV', encode([1, revision]), timeoutMs))
      return { ...headerOf(bytesOf(answer, 1)), hash: numberOf(answer, 2), compactRevision: numberOf(answer, 3) }
    },
    close,
  }
}

function putRequest(key: string, value: string): Buffer {
  return encode([1, Buffer.from(key)], [2, Buffer.from(value)])
}

function rangeRequest(key: string, { end, limit, revision }: RangeQuery): Buffer {
  const rangeEnd = end === undefined ? undefined : Buffer.from(end)
  return encode([1, Buffer.from(key)], [2, rangeEnd], [3, limit], [4, revision])
}

function headerOf(message: Buffer): Header {
  const fields = decode(message)
  return { clusterId: bigintOf(fields, 1).toString(16), revision: numberOf(fields, 3) }
}

function keyValueOf(message: Buffer): KeyValue {
  const fields = decode(message)
  return { key: bytesOf(fields, 1).toString(), value: bytesOf(fields, 5).toString(), modRevision: numberOf(fields, 3) }
}
