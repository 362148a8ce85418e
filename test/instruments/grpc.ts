import { connect } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'

/** PEM. */
export interface Tls {
  ca: string
  cert?: string
  key?: string
}

/** A call that got no answer, or another than "ok". */
export class CallError extends Error {
  /** Whether what was asked may have happened, or may still happen, all the same. */
  readonly perhaps: boolean
  constructor(message: string, perhaps: boolean) {
    super(message)
    this.perhaps = perhaps
  }
}

export interface Connection {
  call(path: string, request: Buffer, timeoutMs: number): Promise<Buffer>
  close(): void
}

/**
 * gRPC over Node's own HTTP/2. etcd's JSON gateway would not do: it has no hashkv before 3.5, refuses every certificate
 * once etcd's auth is on, and fails where a server's certificate is not good for a client too.
 */
export function grpcConnection(url: string, tls?: Tls): Connection {
  let link: Link | undefined
  return {
    async call(path, request, timeoutMs) {
      if (link === undefined || link.session.closed || link.session.destroyed) link = open(url, tls)
      const used = link
      const stream = used.session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': `${Math.ceil(timeoutMs)}m`,
      })
      let late = false
      const timer = setTimeout(() => {
        late = true
        stream.destroy()
        abandon(used, timeoutMs)
      }, timeoutMs)
      stream.end(framed(request))
      try {
        return await answerOf(stream, used)
      } catch (error) {
        if (late) throw new CallError(`no answer within ${Math.ceil(timeoutMs)} ms`, used.connected)
        throw error
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => link?.session.destroy(),
  }
}

interface Link {
  session: ClientHttp2Session
  connected: boolean
}

function open(url: string, tls: Tls | undefined): Link {
  const link: Link = { session: connect(url, tls), connected: false }
  link.session.on('connect', () => (link.connected = true))
  // Each of its streams fails by itself.
  link.session.on('error', () => {})
  return link
}

/** After a cut the kernel would resend on the old connection later and later; a new one is there at once. */
function abandon({ session, connected }: Link, graceMs: number): void {
  if (!connected) session.destroy()
  if (session.closed) return
  session.close()
  setTimeout(() => session.destroy(), graceMs).unref()
}

/** Codes by which etcd says that it did not even try: bad argument, permission, quota, precondition, who are you. */
const refusals = new Set([3, 7, 8, 9, 16])

function answerOf(stream: ClientHttp2Stream, link: Link): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const body: Buffer[] = []
    let headers: IncomingHttpHeaders = {}
    let failure = 'the connection ended'
    stream.on('response', (got) => (headers = { ...headers, ...got }))
    stream.on('trailers', (got) => (headers = { ...headers, ...got }))
    stream.on('data', (chunk: Buffer) => body.push(chunk))
    stream.on('error', (error) => (failure = error.message))
    stream.on('close', () => {
      const code = headers['grpc-status']
      if (code === undefined) reject(new CallError(failure, link.connected))
      else if (code === '0') resolve(Buffer.concat(body).subarray(5))
      else {
        const message = `${decodeURIComponent(String(headers['grpc-message']))} (code ${String(code)})`
        reject(new CallError(message, !refusals.has(Number(code))))
      }
    })
  })
}

/** gRPC's own frame: not compressed, and the length. */
export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
