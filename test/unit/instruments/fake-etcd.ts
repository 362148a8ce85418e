import { once } from 'node:events'
import { createServer, constants } from 'node:http2'
import type { ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { framed } from '../../instruments/grpc.ts'
import { allBytesOf, bytesOf, decode, encode, numberOf } from '../../instruments/protobuf.ts'
import type { Endpoint } from '../../instruments/recorder.ts'

interface Stored {
  value: Buffer
  modRevision: number
}

export interface Put {
  member: string
  key: string
  value: string
  /** The how manieth put that reached any member. */
  count: number
}

/** What a member does wrong; by default nothing. */
export interface Faults {
  /** 'drop': acknowledged, not kept. 'mute': kept, no answer. 'vanish': not kept, no answer. 'late': no answer, and done after 1.5 s. 'refuse': error, not kept. */
  put?(put: Put): 'drop' | 'mute' | 'vanish' | 'late' | 'refuse' | undefined
  /** Answers the value before the last one. */
  stale?(member: string, key: string): boolean
  /** Has no such key. */
  blind?(member: string, key: string): boolean
  /** Answers another value than was ever put. */
  invent?(member: string, key: string): string | undefined
  /** Refuses to read one key; never a range of them. */
  unreadable?(member: string): boolean
  hash?(member: string): number
  clusterId?(member: string): number
}

export interface FakeEtcd {
  endpoints: Endpoint[]
  /** How many calls reached any member. */
  seen: { puts: number; ranges: number }
  close(): void
}

/** Three members with one store, in memory: etcd's own calls, as many as the recorder makes. */
export async function fakeEtcd(faults: Faults): Promise<FakeEtcd> {
  const keys = new Map<string, Stored[]>()
  let revision = 1
  const seen = { puts: 0, ranges: 0 }

  const headerOf = (member: string) => encode([1, faults.clusterId?.(member) ?? 7], [3, revision])

  function range(member: string, request: Buffer): Buffer {
    const asked = decode(request)
    const [from, end] = [bytesOf(asked, 1).toString(), bytesOf(asked, 2).toString()]
    const limit = numberOf(asked, 3)
    const names = [...keys.keys()].filter((key) => (end === '' ? key === from : key >= from && key < end)).toSorted()
    const kvs = names.flatMap((key) => {
      const stored = keys.get(key)?.at(faults.stale?.(member, key) ? -2 : -1)
      if (stored === undefined || faults.blind?.(member, key)) return []
      const invented = faults.invent?.(member, key)
      const value = invented === undefined ? stored.value : Buffer.from(invented)
      return [encode([1, Buffer.from(key)], [3, stored.modRevision], [5, value])]
    })
    const page = limit > 0 ? kvs.slice(0, limit) : kvs
    return encode([1, headerOf(member)], ...page.map((kv): [number, Buffer] => [2, kv]), [3, page.length < kvs.length])
  }

  async function txn(member: string, request: Buffer): Promise<Buffer | 'mute' | 'refuse'> {
    const asked = decode(request)
    const after = numberOf(decode(bytesOf(asked, 1)), 6)
    const done = await put(member, bytesOf(decode(bytesOf(asked, 2)), 2), after)
    if (typeof done === 'string') return done
    const found = range(member, bytesOf(decode(allBytesOf(asked, 3)[0] ?? Buffer.alloc(0)), 1))
    return encode([1, headerOf(member)], [2, done], [3, encode([done ? 2 : 1, done ? Buffer.alloc(0) : found])])
  }

  /** Only where the key was last changed at the revision `after`; where there is none, on top of anything. */
  async function put(member: string, request: Buffer, after?: number): Promise<boolean | 'mute' | 'refuse'> {
    const asked = decode(request)
    const [key, value] = [bytesOf(asked, 1).toString(), bytesOf(asked, 2)]
    seen.puts++
    const fault = faults.put?.({ member, key, value: value.toString(), count: seen.puts })
    if (fault === 'late') await sleep(1500)
    if (fault === 'refuse') return fault
    if (fault === 'vanish') return 'mute'
    const versions = keys.get(key) ?? []
    const matches = after === undefined || (versions.at(-1)?.modRevision ?? 0) === after
    if (matches) revision++
    if (matches && fault !== 'drop') keys.set(key, [...versions, { value, modRevision: revision }])
    return fault === 'mute' || fault === 'late' ? 'mute' : matches
  }

  async function answer(member: string, path: string, request: Buffer): Promise<Buffer | 'mute' | 'refuse'> {
    if (path.endsWith('/Txn')) return txn(member, request)
    if (path.endsWith('/Put')) {
      const done = await put(member, request)
      return typeof done === 'string' ? done : encode([1, headerOf(member)])
    }
    if (path.endsWith('/Range')) seen.ranges++
    if (path.endsWith('/Range')) {
      const single = bytesOf(decode(request), 2).length === 0
      return single && faults.unreadable?.(member) === true ? 'refuse' : range(member, request)
    }
    return encode([1, headerOf(member)], [2, faults.hash?.(member) ?? 99], [3, -1])
  }

  const servers = ['node1', 'node2', 'node3'].map((name) => {
    const server = createServer()
    server.on('stream', (stream, headers) => {
      void serve(stream, async (request) => answer(name, headers[':path'] ?? '', request))
    })
    return { name, server: server.listen(0, '127.0.0.1') }
  })
  await Promise.all(servers.map(({ server }) => once(server, 'listening')))
  return {
    endpoints: servers.map(({ name, server }) => {
      return { name, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    }),
    seen,
    close: () => servers.forEach(({ server }) => server.close()),
  }
}

async function serve(
  stream: ServerHttp2Stream,
  answer: (request: Buffer) => Promise<Buffer | 'mute' | 'refuse'>,
): Promise<void> {
  stream.on('error', () => {})
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(stream, 'end')
  const body = await answer(Buffer.concat(chunks).subarray(5))
  if (stream.destroyed) return
  if (body === 'mute') return stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  if (body === 'refuse') {
    return stream.respond(
      { ':status': 200, 'grpc-status': '8', 'grpc-message': 'etcdserver: mvcc: database space exceeded' },
      { endStream: true },
    )
  }
  stream.respond({ ':status': 200 }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(framed(body))
}
