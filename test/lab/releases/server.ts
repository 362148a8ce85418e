import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { folders } from '../folders.ts'

export interface ReleaseServer {
  /** For the inventory: `binaries: { mirror }`. */
  mirror: string
  close(): Promise<void>
}

/** inventory.example.ts names this port. */
export const releasePort = 22379

/** Hands out the cached releases on loopback; any free port unless one is given. */
export async function startReleaseServer(port = 0): Promise<ReleaseServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => response.destroy(error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: listening } = server.address() as AddressInfo
  return {
    mirror: `http://127.0.0.1:${listening}/v{version}/{file}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const found = /^\/v[\d.]+\/(etcd-v[\w.-]+\.tar\.gz|SHA256SUMS)$/.test(path) ? await fileAt(path) : undefined
  if (found === undefined) {
    response.writeHead(404).end(`${path} is not here\n`)
    return
  }
  response.writeHead(200, { 'content-length': found.size, 'content-type': 'application/octet-stream' })
  if (request.method === 'HEAD') response.end()
  else createReadStream(found.file).pipe(response)
}

async function fileAt(path: string): Promise<{ file: string; size: number } | undefined> {
  const file = join(folders.releases, path)
  const found = await stat(file).catch(() => undefined)
  return found?.isFile() ? { file, size: found.size } : undefined
}
