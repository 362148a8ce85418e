import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { createSecureContext, getCACertificates } from 'node:tls'

import type { Dispatcher } from 'undici'

import { DeployError } from '../errors.ts'
import { badAnswer, noAnswer, shownUrl } from './download-errors.ts'

/** What is needed of HTTP: small texts and large files, through the proxy that the environment names. */
export interface Web {
  /** Undefined where the server says that there is no such file and `absenceIsFine`. */
  text(url: string, options: { absenceIsFine: boolean }): Promise<string | undefined>
  save(
    url: string,
    path: string,
    onProgress: (done: number, total: number | undefined) => void,
  ): Promise<{ sha256: string; size: number }>
  /** A URL without what may be secret in it. */
  shown(url: string): string
  close(): Promise<void>
}

const maxTextBytes = 1024 * 1024
const maxRedirects = 5

/** `stallMs`: how long a server may send nothing. */
export async function openWeb(signal: AbortSignal, stallMs = 30_000): Promise<Web> {
  const { EnvHttpProxyAgent, request } = await import('undici')
  const trusted = { secureContext: createSecureContext({ ca: companysToo() }) }
  const dispatcher = new EnvHttpProxyAgent({
    connectTimeout: stallMs,
    connect: trusted,
    requestTls: trusted,
    proxyTls: trusted,
  })

  async function get<T>(
    url: string,
    read: (answer: Dispatcher.ResponseData, alive: () => void) => Promise<T>,
  ): Promise<T> {
    const stalled = new AbortController()
    const timer = setTimeout(() => stalled.abort(), stallMs)
    try {
      const answer = await follow(url, AbortSignal.any([signal, stalled.signal]))
      return await read(answer, () => timer.refresh())
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof DeployError || isAboutTheDisk(error)) throw error
      throw noAnswer(url, stalled.signal.aborted ? `nothing came for ${stallMs / 1000} s` : error)
    } finally {
      clearTimeout(timer)
    }
  }

  async function follow(url: string, stop: AbortSignal, redirects = 0): Promise<Dispatcher.ResponseData> {
    const target = new URL(url)
    const headers: Record<string, string> = { 'user-agent': 'etcd-deploy', accept: '*/*' }
    if (target.username !== '') headers.authorization = basicAuth(target)
    const answer = await request(target, { dispatcher, signal: stop, headers })
    const { location } = answer.headers
    if (answer.statusCode < 300 || answer.statusCode >= 400 || typeof location !== 'string') return answer
    await answer.body.dump()
    const next = new URL(location, target)
    if (redirects === maxRedirects) throw badAnswer(url, answer, `more than ${maxRedirects} redirects`)
    // A sum that came over http proves nothing about a file that came over http.
    if (next.protocol !== 'https:' && next.protocol !== target.protocol)
      throw badAnswer(url, answer, `redirected from https to ${shownUrl(next.href)}`)
    return follow(next.href, stop, redirects + 1)
  }

  return {
    shown: shownUrl,
    close: () => dispatcher.destroy(),
    text: (url, { absenceIsFine }) =>
      get(url, async (answer, alive) => {
        if (absenceIsFine && [403, 404, 410].includes(answer.statusCode)) {
          await answer.body.dump()
          return undefined
        }
        if (answer.statusCode !== 200) throw badAnswer(url, answer, await beginning(answer))
        return readText(answer, alive)
      }),
    save: (url, path, onProgress) =>
      get(url, async (answer, alive) => {
        if (answer.statusCode !== 200) throw badAnswer(url, answer, await beginning(answer))
        const length = Number(answer.headers['content-length'])
        const total = Number.isSafeInteger(length) && length > 0 ? length : undefined
        const hash = createHash('sha256')
        const file = await open(path, 'wx', 0o600)
        let size = 0
        try {
          for await (const chunk of answer.body as AsyncIterable<Buffer>) {
            // A proxy's login page and a portal's error come with status 200.
            if (size === 0 && chunk[0] !== 0x1f) throw badAnswer(url, answer, chunk.toString('utf8'))
            alive()
            hash.update(chunk)
            await file.writeFile(chunk)
            size += chunk.length
            onProgress(size, total)
          }
        } finally {
          await file.close()
        }
        return { sha256: hash.digest('hex'), size }
      }),
  }
}

/** A company puts its CA where the machine's other programs find it; Node by itself looks elsewhere. */
function companysToo(): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
}

async function readText(answer: Dispatcher.ResponseData, alive: () => void): Promise<string> {
  let text = ''
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    alive()
    text += chunk.toString('utf8')
    if (text.length > maxTextBytes) break
  }
  return text
}

/** Enough of an error page to recognise it. */
async function beginning(answer: Dispatcher.ResponseData): Promise<string> {
  for await (const chunk of answer.body as AsyncIterable<Buffer>) return chunk.toString('utf8')
  return ''
}

function isAboutTheDisk(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function basicAuth(url: URL): string {
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return `Basic ${Buffer.from(login).toString('base64')}`
}
