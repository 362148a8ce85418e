import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { gunzipSync } from 'node:zlib'

import { parseMetrics, type MemberMetrics } from '../etcd/metrics.ts'

/** `GET /metrics` over a connection that is there already, compressed: it is ten times smaller then. */
export async function fetchMetrics(socket: Duplex, signal: AbortSignal): Promise<MemberMetrics | undefined> {
  const asked = request({
    createConnection: () => socket,
    path: '/metrics',
    headers: { host: 'localhost', 'accept-encoding': 'gzip', connection: 'close' },
    signal,
  })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`/metrics answered with status ${answer.statusCode}`)
  const body = await readAll(answer)
  return parseMetrics(
    (answer.headers['content-encoding'] === 'gzip'
      ? gunzipSync(body, { maxOutputLength: limitBytes })
      : body
    ).toString(),
  )
}

const limitBytes = 16 * 2 ** 20

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limitBytes) throw new Error('/metrics is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
