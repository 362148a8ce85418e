import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

/** The status of `GET /version`. With TLS 1.3 our own certificate is refused after the handshake: only an answer proves that it was taken. */
export async function askVersion(secure: TLSSocket, signal: AbortSignal): Promise<number | undefined> {
  const asked = request({ createConnection: () => secure, path: '/version', headers: { host: 'member' }, signal })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode
}
