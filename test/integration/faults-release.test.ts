import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { arm64, release, serve, sha256 } from '../unit/binaries/fakes.ts'
import { labReset } from '../lab/lab.ts'
import { footprints } from './support/footprint.ts'
import type { Fault } from './support/faults.ts'
import { message } from './support/message.ts'
import { expectRepaired } from './support/repaired.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf } from './support/told.ts'

/** A release that is not what it should be never gets to a host, nor does it lead to a CA; the right one then does. */
let site: Site
let whole: { path: string; bytes: Buffer }
const name = 'etcd-v3.6.16-linux-amd64.tar.gz'

beforeAll(async () => {
  await labReset(['node1'])
  site = await newSite({ nodes: ['node1'] })
  const path = (site.inventory.binaries as { file: string }).file
  whole = { path, bytes: readFileSync(path) }
})

afterAll(() => site.remove())

async function expectRefused(fault: Fault, binaries: { file: string } | { mirror: string }): Promise<void> {
  site.edit({ binaries })
  const before = await footprints(['node1'])
  const cache = join(site.folder, 'cache')
  const run = await site.run('up', { env: { XDG_CACHE_HOME: cache, NO_PROXY: '127.0.0.1' } })
  expect(run.code, run.stdout).toBe(1)
  expect(eventsOf(run, 'change-begin')).toEqual([])
  expect(await footprints(['node1'])).toEqual(before)
  expect(existsSync(site.pki)).toBe(false)
  message(fault, run)
}

describe('a file of the user', () => {
  /** A byte amid the binaries is another one, in an archive that is whole. */
  const corrupt = (bytes: Buffer): Buffer => {
    const flipped = Buffer.from(bytes)
    const middle = Math.floor(bytes.length / 2)
    flipped.writeUInt8(flipped.readUInt8(middle) ^ 0xff, middle)
    return flipped
  }

  test.each<[Fault, (bytes: Buffer) => Buffer]>([
    ['a corrupt tarball', corrupt],
    ['a truncated tarball', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['a tarball for another architecture', () => release('3.6.16', arm64)],
  ])('%s', async (fault, spoil) => {
    const file = join(site.folder, name)
    writeFileSync(file, spoil(whole.bytes))
    await expectRefused(fault, { file })
  })
})

describe('a mirror', () => {
  const sums = (of: string, bytes = whole.bytes): string => `${sha256(bytes)}  ${of}\n`
  const page = '<!DOCTYPE html><title>Sign in to the network</title>'

  test.each<[Fault, Record<string, () => Buffer | string>]>([
    ['no SHA256SUMS', { [name]: () => whole.bytes }],
    [
      'SHA256SUMS that name another file',
      { [name]: () => whole.bytes, SHA256SUMS: () => sums(name.replace('3.6.16', '3.6.15')) },
    ],
    ['SHA256SUMS that are wrong', { [name]: () => whole.bytes, SHA256SUMS: () => sums(name, Buffer.from('another')) }],
    ['a proxy that answers HTML', { [name]: () => page, SHA256SUMS: () => sums(name) }],
    ['a proxy that answers HTML in place of SHA256SUMS', { [name]: () => whole.bytes, SHA256SUMS: () => page }],
  ])('%s', async (fault, files) => {
    await expectRefused(fault, { mirror: await mirrorOf(files) })
  })

  test('a download that ends too early', async () => {
    const half = whole.bytes.subarray(0, whole.bytes.length / 2)
    const mirror = await serving((request, response) => {
      if (request.url?.endsWith('SHA256SUMS') === true) return void response.end(sums(name))
      response.writeHead(200, { 'content-length': whole.bytes.length })
      response.write(half, () => response.destroy())
    })
    await expectRefused('a download that ends too early', { mirror })
  })

  async function mirrorOf(files: Record<string, () => Buffer | string>): Promise<string> {
    return serving((request, response) => {
      const file = files[request.url?.split('/').at(-1) ?? '']?.()
      if (file === undefined) response.writeHead(404).end('Not Found')
      else if (typeof file === 'string' && file.startsWith('<'))
        response.writeHead(200, { 'content-type': 'text/html' }).end(file)
      else response.end(file)
    })
  }

  async function serving(listener: RequestListener): Promise<string> {
    return `${(await serve(listener)).origin}/v{version}/{file}`
  }
})

test('then the whole one: up ends well, and nothing is left of the others', async () => {
  site.edit({ binaries: { file: whole.path } })
  onTestFinished(async () => void (await labReset(['node1'])))
  await expectRepaired(site)
})
