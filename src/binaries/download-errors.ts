import type { Dispatcher } from 'undici'

import { DeployError } from '../errors.ts'

/** The server answered something else than the file. */
export function badAnswer(url: string, answer: Dispatcher.ResponseData, detail: string): DeployError {
  const status = answer.statusCode
  const type = answer.headers['content-type']
  return new DeployError({
    message: `${fileOf(url)} could not be downloaded: ${meaning(status)}`,
    tried: `GET ${shownUrl(url)}`,
    answered: [`status ${status}${typeof type === 'string' ? `, ${type}` : ''}`, detail.slice(0, 300)].join('\n'),
    next: [...(fileOf(url) === 'SHA256SUMS' && isAbsent(status) ? [sumInInventory] : []), ...nextAfter(status)],
  })
}

/** Nothing whole came: no name, no connection, a certificate, a stall, an end in the middle. */
export function noAnswer(url: string, cause: unknown): DeployError {
  const error = rootOf(cause)
  return new DeployError({
    message: `${fileOf(url)} could not be downloaded`,
    tried: `GET ${shownUrl(url)}${proxyOf(url)}`,
    answered: typeof error === 'string' ? error : [error.code, error.message].filter(Boolean).join(': '),
    next: [
      ...(isAboutCertificates(error)
        ? [
            'If a proxy of yours opens TLS: put its CA into this machine’s trust store, or say NODE_EXTRA_CA_CERTS=/path/to/its-ca.pem.',
          ]
        : []),
      'Run the command again: nothing of this download was kept.',
      'Behind a proxy: set HTTPS_PROXY (and NO_PROXY for what is inside).',
      withoutInternet,
    ],
    cause,
  })
}

/** Logins and the signatures of redirects stay out of messages. */
export function shownUrl(url: string): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.href.replace(/\?.*$/, '?…')
}

const withoutInternet =
  "Without internet: binaries: { mirror: 'https://your-host/v{version}/{file}' }, or { file: './etcd-….tar.gz' } in the inventory."

const sumInInventory =
  "A mirror that has none: binaries: { mirror: '…', sha256: '…' } in the inventory, with the sum that the release has."

function isAbsent(status: number): boolean {
  return status === 404 || status === 410
}

function meaning(status: number): string {
  if (isAbsent(status)) return 'there is no such file'
  if (status === 407) return 'the proxy wants a login'
  if (status === 401 || status === 403) return 'the server refuses it'
  if (status >= 300 && status < 400) return 'the redirect leads nowhere good'
  if (status >= 500) return 'the server failed'
  if (status === 200) return 'what came is no gzip archive'
  return `the server answered ${status}`
}

function nextAfter(status: number): string[] {
  if (isAbsent(status))
    return ['Check `version` in the inventory, and that it is released for this architecture.', withoutInternet]
  if (status === 407) return ['Write the login into HTTPS_PROXY: http://user:password@proxy:3128.']
  if (status === 200)
    return ['Open the URL with a browser from here: a proxy or portal answers in place of the server.', withoutInternet]
  if (status >= 500) return ['Try again in a while.', withoutInternet]
  return [withoutInternet]
}

interface Coded {
  message: string
  code?: string
}

function rootOf(cause: unknown): Coded | string {
  if (typeof cause === 'string') return cause
  let error = cause as Error & Coded & { errors?: Error[] }
  while (error.cause instanceof Error) error = error.cause
  // Several addresses of one name were tried.
  return error.message === '' && error.errors?.[0] !== undefined ? error.errors[0] : error
}

function isAboutCertificates(error: Coded | string): boolean {
  if (typeof error === 'string') return false
  return /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS)/.test(error.code ?? '')
}

function proxyOf(url: string): string {
  const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env
  const isHttps = url.startsWith('https:')
  const proxy = isHttps ? (https_proxy ?? HTTPS_PROXY ?? http_proxy ?? HTTP_PROXY) : (http_proxy ?? HTTP_PROXY)
  return proxy === undefined || proxy === '' || !URL.canParse(proxy)
    ? ''
    : ` (the environment names the proxy ${shownUrl(proxy)})`
}

function fileOf(url: string): string {
  return new URL(url).pathname.split('/').at(-1) ?? url
}
