import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { getBinaries, type Binaries } from '../../../src/binaries/binaries.ts'
import type { BinaryFiles } from '../../../src/binaries/cache.ts'
import type { BinarySource } from '../../../src/inventory/model.ts'
import { failure } from './failure.ts'
import { amd64, arm64, elf, release, serve, serveFiles, sha256, tar, temporaryFolder, type Packed } from './fakes.ts'

const version = '3.6.16'
const file = `etcd-v${version}-linux-amd64.tar.gz`
const path = `/v${version}/${file}`
const sumsPath = `/v${version}/SHA256SUMS`

function mirror(origin: string, pinned?: string): BinarySource {
  const url = `${origin}/v{version}/{file}`
  return pinned === undefined ? { kind: 'mirror', url } : { kind: 'mirror', url, sha256: pinned }
}

function sums(tarball: Buffer): string {
  return `${'0'.repeat(64)}  etcd-v${version}-linux-arm64.tar.gz\n${sha256(tarball)}  ${file}\n`
}

async function get(
  source: BinarySource,
  cacheDir: string,
  more: { onProgress?: (done: number, total: number | undefined) => void } = {},
) {
  const signal = new AbortController().signal
  const binaries = await getBinaries({ source, version, arch: 'amd64', signal, cacheDir, ...more })
  return filesOf(binaries)
}

function filesOf(binaries: Binaries) {
  if (binaries.kind !== 'files') throw new Error('no files')
  return binaries.files
}

describe('a release from a mirror', () => {
  test('is downloaded, verified and unpacked; the sums are those of the files', async () => {
    const tarball = release(version)
    const { origin } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const progress: [number, number | undefined][] = []
    const files = await get(mirror(origin), await temporaryFolder(), { onProgress: (...at) => progress.push(at) })
    expect(Object.keys(files).toSorted()).toEqual(['etcd', 'etcdctl', 'etcdutl'])
    for (const name of ['etcd', 'etcdctl', 'etcdutl'] as const) {
      const content = elf(amd64, name)
      expect(files[name]).toMatchObject({ size: content.length, sha256: sha256(content) })
      expect(await readFile(files[name]?.path ?? '')).toEqual(content)
      const gzip = await readFile(files[name]?.gzip?.path ?? '')
      expect(gzip).toHaveLength(files[name]?.gzip?.size ?? 0)
      expect(gunzipSync(gzip)).toEqual(content)
    }
    expect(progress.at(-1)).toEqual([tarball.length, tarball.length])
  })

  test('a second time asks the network nothing', async () => {
    const tarball = release(version)
    const { origin, asked } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const cache = await temporaryFolder()
    const first = await get(mirror(origin), cache)
    expect(asked).toEqual([sumsPath, path])
    expect(await get(mirror(origin), cache)).toEqual(first)
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['file', (files: BinaryFiles) => files.etcd?.path],
    ['compressed file', (files: BinaryFiles) => files.etcd?.gzip?.path],
  ])('is fetched again when a cached %s is not as it was left', async (_, of) => {
    const tarball = release(version)
    const { origin, asked } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const cache = await temporaryFolder()
    const first = await get(mirror(origin), cache)
    await writeFile(of(first) ?? '', 'cut')
    const second = await get(mirror(origin), cache)
    expect(await readFile(second.etcd.path)).toEqual(elf(amd64, 'etcd'))
    expect(asked.filter((each) => each === path)).toHaveLength(2)
  })

  test('keeps the folder to its owner', async () => {
    const tarball = release(version)
    const { origin } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const cache = join(await temporaryFolder(), 'etcd-deploy', 'binaries')
    await get(mirror(origin), cache)
    expect((await stat(cache)).mode & 0o777).toBe(0o700)
  })

  test('a wrong sum is refused and nothing is kept', async () => {
    const { origin } = await serveFiles({ [path]: release(version, amd64, 'evil'), [sumsPath]: sums(release(version)) })
    const cache = await temporaryFolder()
    const error = await failure(get(mirror(origin), cache))
    expect(error.message).toContain('not the file that SHA256SUMS names')
    expect(error.answered).toContain(`wanted ${sha256(release(version))}`)
    expect(await readdir(cache)).toEqual([])
  })

  test("the inventory's sha256 stands in for missing sums", async () => {
    const tarball = release(version)
    const { origin } = await serveFiles({ [path]: tarball })
    await get(mirror(origin, sha256(tarball).toUpperCase()), await temporaryFolder())
    const error = await failure(get(mirror(origin), await temporaryFolder()))
    expect(error.message).toContain('SHA256SUMS could not be downloaded')
    expect(error.next.join('\n')).toMatch(/mirror that has none.*sha256/)
  })

  test("the inventory's sha256 must match beside good sums, and beside a cached release", async () => {
    const tarball = release(version)
    const { origin } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const cache = await temporaryFolder()
    await get(mirror(origin), cache)
    const error = await failure(get(mirror(origin, 'a'.repeat(64)), cache))
    expect(error.message).toContain("the inventory's sha256")
    await get(mirror(origin), cache)
  })

  test('sums that do not name the tarball are refused', async () => {
    const { origin } = await serveFiles({ [path]: release(version), [sumsPath]: `${'0'.repeat(64)}  other.tar.gz\n` })
    expect((await failure(get(mirror(origin), await temporaryFolder()))).message).toContain(`does not name ${file}`)
  })

  test('a page in place of sums is recognised', async () => {
    const { origin } = await serveFiles({
      [path]: release(version),
      [sumsPath]: '<!DOCTYPE html><title>Log in</title>',
    })
    const error = await failure(get(mirror(origin), await temporaryFolder()))
    expect(error.next.join('\n')).toMatch(/proxy or portal/)
  })

  test('a template without {file} needs a sha256', async () => {
    const tarball = release(version)
    const { origin } = await serveFiles({ '/etcd.tgz': tarball })
    const source = { kind: 'mirror' as const, url: `${origin}/etcd.tgz` }
    expect((await failure(get(source, await temporaryFolder()))).exitCode).toBe(2)
    await get({ ...source, sha256: sha256(tarball) }, await temporaryFolder())
  })

  test('programs for another architecture are refused', async () => {
    const tarball = release(version, arm64)
    const { origin } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const cache = await temporaryFolder()
    const error = await failure(get(mirror(origin), cache))
    expect(error.message).toBe('etcd is built for arm64; these hosts are amd64')
    expect(await readdir(cache)).toEqual([])
  })

  test('an abort ends the download with its own reason', async () => {
    const tarball = release(version)
    const { origin } = await serve((request, response) => {
      if (request.url === sumsPath) response.end(sums(tarball))
      else response.writeHead(200, { 'content-length': tarball.length }).write(tarball.subarray(0, 20))
    })
    const cache = await temporaryFolder()
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const getting = getBinaries({
      source: mirror(origin),
      version,
      arch: 'amd64',
      signal: controller.signal,
      cacheDir: cache,
      onProgress: () => controller.abort(reason),
    })
    await expect(getting).rejects.toBe(reason)
    expect(await readdir(cache)).toEqual([])
  })
})

describe('other processes', () => {
  const entry = pathToFileURL('src/binaries/binaries.ts').href

  function start(origin: string, cacheDir: string) {
    const request = JSON.stringify({ source: mirror(origin), version, arch: 'amd64', cacheDir })
    const script = `
      import { getBinaries } from ${JSON.stringify(entry)}
      const binaries = await getBinaries({ ...${request}, signal: new AbortController().signal })
      console.log(binaries.files.etcd.sha256)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    const ended = new Promise<string>((resolve) => child.on('close', () => resolve(out.trim())))
    return { child, ended }
  }

  test('a download that was killed leaves nothing that is taken for good', async () => {
    const tarball = release(version)
    let whole = false
    let halfSent = () => {}
    const half = new Promise<void>((resolve) => (halfSent = resolve))
    const { origin } = await serve((request, response) => {
      if (request.url === sumsPath) return response.end(sums(tarball))
      if (whole) return response.end(tarball)
      response.writeHead(200, { 'content-length': tarball.length })
      return response.write(tarball.subarray(0, tarball.length / 2), halfSent)
    })
    const cache = await temporaryFolder()
    const { child, ended } = start(origin, cache)
    await half
    child.kill('SIGKILL')
    await ended
    whole = true
    const files = await get(mirror(origin), cache)
    expect(await readFile(files.etcd.path)).toEqual(elf(amd64, 'etcd'))
  })

  test('what a killed download left is swept a day later', async () => {
    const tarball = release(version)
    const { origin } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const cache = await temporaryFolder()
    const old = join(cache, `${version}-amd64-official-abc.json.tmp`)
    await writeFile(old, '{')
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60
    await utimes(old, twoDaysAgo, twoDaysAgo)
    const files = await get(mirror(origin), cache)
    expect(await readdir(cache)).not.toContain(`${version}-amd64-official-abc.json.tmp`)
    expect(await readFile(files.etcd.path)).toEqual(elf(amd64, 'etcd'))
  })

  test('two that download at once both get whole files', async () => {
    const tarball = release(version)
    const { origin } = await serveFiles({ [path]: tarball, [sumsPath]: sums(tarball) })
    const cache = await temporaryFolder()
    const sum = sha256(elf(amd64, 'etcd'))
    expect(await Promise.all([start(origin, cache).ended, start(origin, cache).ended])).toEqual([sum, sum])
    expect((await get(mirror(origin), cache)).etcd.sha256).toBe(sum)
  })
})

describe('files of the user', () => {
  async function tarballOf(entries: Packed[]): Promise<BinarySource> {
    const path = join(await temporaryFolder(), 'etcd.tar.gz')
    await writeFile(path, gzipSync(tar(entries)))
    return { kind: 'file', path }
  }
  const both = [
    { name: 'top/etcd', content: elf(amd64, 'etcd') },
    { name: 'top/etcdctl', content: elf(amd64, 'etcdctl') },
  ]

  test('a tarball is unpacked once, and again when it has changed', async () => {
    const cache = await temporaryFolder()
    const source = { kind: 'file' as const, path: join(await temporaryFolder(), 'etcd.tar.gz') }
    await writeFile(source.path, release(version))
    const first = await get(source, cache)
    expect((await get(source, cache)).etcd.path).toBe(first.etcd.path)
    await writeFile(source.path, release(version, amd64, ', another build'))
    expect((await get(source, cache)).etcd.sha256).toBe(sha256(elf(amd64, 'etcd, another build')))
  })

  test('a tarball that is not the one with the sha256 is refused', async () => {
    const source = (await tarballOf(both)) as Extract<BinarySource, { kind: 'file' }>
    const error = await failure(get({ ...source, sha256: 'b'.repeat(64) }, await temporaryFolder()))
    expect(error.message).toContain("not the file that the inventory's sha256 names")
  })

  test('etcdutl may be missing, as before 3.5', async () => {
    const files = await get(await tarballOf(both), await temporaryFolder())
    expect(files.etcdutl).toBeUndefined()
  })

  test.each<[string, Packed[], string]>([
    [
      'a path that leads out',
      [
        { name: '../etcd', content: elf(amd64) },
        { name: '../etcdctl', content: elf(amd64) },
      ],
      'holds no etcd',
    ],
    [
      'an absolute path',
      [
        { name: '/etcd', content: elf(amd64) },
        { name: '/etcdctl', content: elf(amd64) },
      ],
      'holds no etcd',
    ],
    ['a deeper folder', [{ name: 'top/bin/etcd', content: elf(amd64) }], 'holds no etcd'],
    ['a symbolic link', [{ name: 'top/etcd', type: '2', linkTo: '/bin/sh' }], 'top/etcd is no plain file'],
    ['a hard link', [{ name: 'top/etcd', type: '1', linkTo: '/bin/sh' }], 'top/etcd is no plain file'],
    ['etcd twice', [...both, ...both], 'etcd twice'],
    ['two top folders', [both[0] as Packed, { name: 'other/etcdctl', content: elf(amd64) }], 'etcdctl twice'],
    ['no etcdctl', both.slice(0, 1), 'holds no etcdctl'],
  ])('%s is refused', async (_, entries, answer) => {
    const cache = await temporaryFolder()
    const error = await failure(get(await tarballOf(entries), cache))
    expect(error.answered).toContain(answer)
    expect(await readdir(cache)).toEqual([])
  })

  test.each([
    ['cut short', (whole: Buffer) => whole.subarray(0, whole.length - 40)],
    ['no gzip', () => Buffer.from('hello')],
    ['no tar', () => gzipSync(Buffer.alloc(2048, 'x'))],
    ['cut inside', () => gzipSync(tar(both).subarray(0, 530))],
  ])('a tarball that is %s is refused', async (_, damage) => {
    const path = join(await temporaryFolder(), 'etcd.tar.gz')
    await writeFile(path, damage(release(version)))
    const error = await failure(get({ kind: 'file', path }, await temporaryFolder()))
    expect(error.message).toContain('not a whole release of etcd')
  })

  test('names in pax headers count', async () => {
    const record = ' path=top/etcd\n'
    const pax = Buffer.from(`${record.length + 2}${record}`)
    const source = await tarballOf([
      { name: 'PaxHeader', type: 'x', content: pax },
      { name: 'shortened', content: elf(amd64, 'etcd') },
      both[1] as Packed,
    ])
    expect((await get(source, await temporaryFolder())).etcd.sha256).toBe(sha256(elf(amd64, 'etcd')))
  })

  test('a folder is used where it is; its sums are remembered until a file changes', async () => {
    const folder = await temporaryFolder()
    const cache = await temporaryFolder()
    await writeFile(join(folder, 'etcd'), elf(amd64, 'one'))
    await writeFile(join(folder, 'etcdctl'), elf(amd64, 'ctl'))
    const source = { kind: 'folder' as const, path: folder }
    expect((await get(source, cache)).etcd).toEqual({
      path: join(folder, 'etcd'),
      size: elf(amd64, 'one').length,
      sha256: sha256(elf(amd64, 'one')),
      blake2b: createHash('blake2b512').update(elf(amd64, 'one')).digest('hex'),
    })
    await writeFile(join(folder, 'etcd'), elf(amd64, 'another'))
    expect((await get(source, cache)).etcd.sha256).toBe(sha256(elf(amd64, 'another')))
    await writeFile(join(folder, 'etcdutl'), elf(amd64, 'utl'))
    expect((await get(source, cache)).etcdutl?.sha256).toBe(sha256(elf(amd64, 'utl')))
  })

  test('programs of another version are refused, whatever the inventory calls them', async () => {
    const folder = await temporaryFolder()
    for (const name of ['etcd', 'etcdctl']) await writeFile(join(folder, name), elf(amd64, name, '3.7.3'))
    const cache = await temporaryFolder()
    const ofFolder = await failure(get({ kind: 'folder', path: folder }, cache))
    expect(ofFolder.message).toBe(`etcd is not of etcd ${version}, which the inventory wants`)
    const path = join(folder, 'etcd.tar.gz')
    await writeFile(path, release('3.7.3'))
    expect((await failure(get({ kind: 'file', path }, cache))).message).toBe(ofFolder.message)
    expect(await readdir(cache)).toEqual([])
  })

  test('a script in place of a program is refused', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'etcd'), '#!/bin/sh\nexec /usr/bin/etcd "$@"\n')
    const error = await failure(get({ kind: 'folder', path: folder }, await temporaryFolder()))
    expect(error.message).toContain('not a 64-bit Linux program')
  })

  test('a path that leads nowhere is a fault of the inventory', async () => {
    const error = await failure(get({ kind: 'file', path: '/nowhere/etcd.tar.gz' }, await temporaryFolder()))
    expect(error.exitCode).toBe(2)
    expect(error.message).toBe('/nowhere/etcd.tar.gz cannot be read')
  })

  test('installed ones are left to the hosts', async () => {
    const signal = new AbortController().signal
    expect(
      await getBinaries({ source: { kind: 'installed', path: '/usr/bin' }, version, arch: 'amd64', signal }),
    ).toEqual({ kind: 'installed', version, arch: 'amd64', path: '/usr/bin' })
  })
})
