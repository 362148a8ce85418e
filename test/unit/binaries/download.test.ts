import { connect } from 'node:net'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import { openWeb, type Web } from '../../../src/binaries/download.ts'
import { failure } from './failure.ts'
import { release, serve, serveFiles, sha256, temporaryFolder } from './fakes.ts'

const tarball = release('3.6.16')

beforeEach(() => {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) vi.stubEnv(name, undefined)
  vi.stubEnv('no_proxy', undefined)
  vi.stubEnv('NO_PROXY', undefined)
})
afterEach(() => vi.unstubAllEnvs())

async function web(options: { stallMs?: number; signal?: AbortSignal } = {}): Promise<Web> {
  const opened = await openWeb(options.signal ?? new AbortController().signal, options.stallMs)
  onTestFinished(() => opened.close())
  return opened
}

async function save(url: string, options: { stallMs?: number } = {}) {
  const path = join(await temporaryFolder(), 'file')
  const saved = await (await web(options)).save(url, path, () => {})
  return { ...saved, content: await readFile(path) }
}

describe('download', () => {
  test('a file with its sum', async () => {
    const { origin } = await serveFiles({ '/a.tar.gz': tarball })
    expect(await save(`${origin}/a.tar.gz`)).toEqual({
      sha256: sha256(tarball),
      size: tarball.length,
      content: tarball,
    })
  })

  test('redirects are followed, relative ones too', async () => {
    const { origin, asked } = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: '/b?signature=abc' }).end('moved')
      else response.end(tarball)
    })
    expect((await save(`${origin}/a`)).content).toEqual(tarball)
    expect(asked).toEqual(['/a', '/b?signature=abc'])
  })

  test('a redirect in a circle ends', async () => {
    const { origin, asked } = await serve((_, response) => response.writeHead(302, { location: '/a' }).end())
    expect((await failure(save(`${origin}/a`))).answered).toContain('more than 5 redirects')
    expect(asked).toHaveLength(6)
  })

  test('404 says what is not there', async () => {
    const { origin } = await serveFiles({})
    const error = await failure(save(`${origin}/etcd.tar.gz?token=secret`))
    expect(error.message).toBe('etcd.tar.gz could not be downloaded: there is no such file')
    expect(error.tried).toBe(`GET ${origin}/etcd.tar.gz?…`)
    expect(error.answered).toBe('status 404\nNot Found')
    expect(error.next.join()).toContain('version')
  })

  test('a page in place of the file is recognised', async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Please log in</title>'),
    )
    const error = await failure(save(`${origin}/etcd.tar.gz`))
    expect(error.message).toContain('what came is no gzip archive')
    expect(error.answered).toBe('status 200, text/html\n<!DOCTYPE html><title>Please log in</title>')
  })

  test('an end in the middle is an error', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': tarball.length })
      response.write(tarball.subarray(0, 100), () => response.destroy())
    })
    expect((await failure(save(`${origin}/etcd.tar.gz`))).message).toBe('etcd.tar.gz could not be downloaded')
  })

  test('a server that sends nothing any more is given up', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': tarball.length }).write(tarball.subarray(0, 100))
    })
    expect((await failure(save(`${origin}/etcd.tar.gz`, { stallMs: 150 }))).answered).toBe('nothing came for 0.15 s')
  })

  test('a server that never answers is given up', async () => {
    const { origin } = await serve(() => {})
    expect((await failure(save(`${origin}/etcd.tar.gz`, { stallMs: 150 }))).answered).toBe('nothing came for 0.15 s')
  })

  test('a slow server that goes on sending is not', async () => {
    const { origin } = await serve((_, response) => {
      const parts = [
        tarball.subarray(0, 50),
        tarball.subarray(50, 100),
        tarball.subarray(100, 150),
        tarball.subarray(150),
      ]
      const timer = setInterval(() => {
        const part = parts.shift()
        if (part !== undefined) response.write(part)
        else {
          clearInterval(timer)
          response.end()
        }
      }, 120)
    })
    expect((await save(`${origin}/etcd.tar.gz`, { stallMs: 350 })).content).toEqual(tarball)
  })

  test('a refused connection names the URL and a way out, and hides the login', async () => {
    const error = await failure(save('http://ana:pass@127.0.0.1:1/etcd.tar.gz'))
    expect(error.tried).toBe('GET http://127.0.0.1:1/etcd.tar.gz')
    expect(error.answered).toContain('ECONNREFUSED')
    expect(error.next.join()).toContain('HTTPS_PROXY')
  })

  test('a login in the URL is sent', async () => {
    let seen: string | undefined
    const { origin } = await serve((request, response) => {
      seen = request.headers.authorization
      response.end(tarball)
    })
    await save(origin.replace('http://', 'http://ana:p%40ss@'))
    expect(seen).toBe(`Basic ${Buffer.from('ana:p@ss').toString('base64')}`)
  })

  test('texts: absence is fine only where it may be', async () => {
    const { origin } = await serveFiles({ '/sums': 'abc' })
    const opened = await web()
    expect(await opened.text(`${origin}/sums`, { absenceIsFine: true })).toBe('abc')
    expect(await opened.text(`${origin}/none`, { absenceIsFine: true })).toBeUndefined()
    await failure(opened.text(`${origin}/none`, { absenceIsFine: false }))
  })
})

describe('a proxy', () => {
  /** Tunnels CONNECT and remembers what for. */
  async function proxy() {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`GET ${request.url}`)
      response.end(tarball)
    })
    server.on('connect', (request, client) => {
      asked.push(`CONNECT ${request.url}`)
      const [host, port] = (request.url ?? '').split(':')
      const upstream = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(client).pipe(upstream)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
  }

  test('of the environment is used, and not for what NO_PROXY names', async () => {
    const { origin, asked } = await serveFiles({ '/a.tar.gz': tarball })
    const through = await proxy()
    vi.stubEnv('HTTP_PROXY', through.url)
    expect((await save(`${origin}/a.tar.gz`)).content).toEqual(tarball)
    expect(through.asked).toHaveLength(1)
    expect(through.asked[0]).toContain(origin.replace('http://', ''))
    vi.stubEnv('NO_PROXY', '127.0.0.1')
    asked.length = 0
    await save(`${origin}/a.tar.gz`)
    expect(through.asked).toHaveLength(1)
    expect(asked).toEqual(['/a.tar.gz'])
  })

  test('that fails is named without its login', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://ana:pass@127.0.0.1:1')
    const error = await failure(save('https://etcd.invalid/etcd.tar.gz'))
    expect(error.tried).toBe(
      'GET https://etcd.invalid/etcd.tar.gz (the environment names the proxy http://127.0.0.1:1/)',
    )
    expect(error.answered).toContain('ECONNREFUSED')
  })
})
