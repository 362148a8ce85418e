import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { onTestFinished } from 'vitest'

/** A header that is true, a version and some body: enough for whoever only looks. */
export function elf(machine: number, body = 'body', version = '3.6.16'): Buffer {
  const header = Buffer.alloc(64)
  header.writeUInt32BE(0x7f454c46, 0)
  header[4] = 2
  header[5] = machine === 22 ? 2 : 1
  if (machine === 22) header.writeUInt16BE(machine, 18)
  else header.writeUInt16LE(machine, 18)
  return Buffer.concat([header, Buffer.from(`${version} ${body}`)])
}

export const amd64 = 62
export const arm64 = 183

export interface Packed {
  name: string
  type?: string
  content?: Buffer
  linkTo?: string
}

export function tar(entries: Packed[]): Buffer {
  return Buffer.concat([...entries.flatMap(packedEntry), Buffer.alloc(1024)])
}

/** A release as etcd's own are packed. */
export function release(version: string, machine = amd64, marker = ''): Buffer {
  const top = `etcd-v${version}-linux-amd64`
  return gzipSync(
    tar([
      { name: `${top}/`, type: '5' },
      { name: `${top}/README.md`, content: Buffer.from('read me') },
      { name: `${top}/etcd`, content: elf(machine, `etcd${marker}`, version) },
      { name: `${top}/etcdctl`, content: elf(machine, `etcdctl${marker}`, version) },
      { name: `${top}/etcdutl`, content: elf(machine, `etcdutl${marker}`, version) },
    ]),
  )
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-deploy-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface Served {
  origin: string
  /** Paths asked for, in order. */
  asked: string[]
}

export async function serve(listener: RequestListener): Promise<Served> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

export async function serveFiles(files: Record<string, Buffer | string>): Promise<Served> {
  return serve((request, response) => {
    const file = files[request.url ?? '']
    if (file === undefined) response.writeHead(404).end('Not Found')
    else response.end(file)
  })
}

function packedEntry({ name, type = '0', content = Buffer.alloc(0), linkTo = '' }: Packed): Buffer[] {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000755\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write(type, 156)
  header.write(linkTo, 157)
  header.write('ustar\x0000', 257)
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]
}
