import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createProxy } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import type { KeyPair } from '../../../src/pki/ca.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import { sansOf } from '../../../src/pki/sans.ts'
import { leafRequest, sampleCa } from '../pki/samples.ts'
import { temporaryFolder } from './fakes.ts'

let ca: KeyPair
let leaf: KeyPair
beforeAll(async () => {
  ca = await sampleCa()
  leaf = await makeLeaf(
    ca,
    leafRequest({ kind: 'server', notBefore: new Date(Date.now() - 86_400_000), ...sansOf(['127.0.0.1']) }),
  )
})

/** A mirror inside the company, by its own CA. */
async function mirror(): Promise<string> {
  const server = createServer({ cert: leaf.certificate.pem, key: leaf.key.reveal() }, (_, response) =>
    response.end('sums'),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/SHA256SUMS`
}

/** What a download in a process with this environment gives: its environment is read once, at its start. */
async function fetched(url: string, env: Record<string, string>): Promise<string> {
  const script = `
    import { openWeb } from '${new URL('../../../src/binaries/download.ts', import.meta.url).href}'
    const web = await openWeb(new AbortController().signal)
    const said = await web.text('${url}', { absenceIsFine: false }).catch((error) => [error.answered, ...error.next].join(' '))
    console.log(said)
    await web.close()`
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { PATH, ...env } })
  return (await text(child.stdout)).trim()
}

async function caFile(): Promise<string> {
  const file = join(await temporaryFolder(), 'ca.pem')
  await writeFile(file, ca.certificate.pem)
  return file
}

describe("a company's own CA", () => {
  test('is trusted where the machine trusts it, and where NODE_EXTRA_CA_CERTS names it', async () => {
    const url = await mirror()
    expect(await fetched(url, { SSL_CERT_FILE: await caFile() })).toBe('sums')
    expect(await fetched(url, { NODE_EXTRA_CA_CERTS: await caFile() })).toBe('sums')
  })

  test('that nothing on this machine trusts is told, with the way to trust it', async () => {
    expect(await fetched(await mirror(), {})).toMatch(/NODE_EXTRA_CA_CERTS/)
  })
})

test('HTTPS_PROXY is gone through with its tunnel, except for what NO_PROXY names', async () => {
  const asked: string[] = []
  const proxy = createProxy().listen(0, '127.0.0.1')
  proxy.on('connect', (request, client) => {
    asked.push(`CONNECT ${request.url}`)
    const [host, port] = (request.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [upstream, client]) socket.on('error', () => {})
  })
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const url = await mirror()
  const env = {
    HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    SSL_CERT_FILE: await caFile(),
  }
  expect(await fetched(url, env)).toBe('sums')
  expect(asked).toEqual([`CONNECT ${new URL(url).host}`])
  expect(await fetched(url, { ...env, NO_PROXY: '127.0.0.1,.example.com' })).toBe('sums')
  expect(asked).toHaveLength(1)
})
