import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { DeployError } from '../errors.ts'
import type { BinaryRequest } from './binaries.ts'
import { fillFolder, type Entry } from './cache.ts'
import { sumOf } from './checksums.ts'
import { openWeb, type Web } from './download.ts'
import { releaseUrls, tarballName, type ReleaseSource } from './release.ts'
import { unpack } from './unpack.ts'

/** Fetches a release, checks it against every sum that is known, and keeps its binaries. */
export async function downloadRelease(
  source: ReleaseSource,
  request: BinaryRequest,
  cache: string,
  key: string,
): Promise<Entry['files']> {
  const urls = releaseUrls(source, request)
  const file = tarballName(request)
  const entry = await fillFolder(cache, key, async (folder) => {
    const web = await openWeb(request.signal)
    try {
      const wanted = await wantedSums(web, urls.sums, file, source.sha256?.toLowerCase())
      const tarball = join(folder, 'release.tar.gz')
      const { sha256, size } = await web.save(urls.tarball, tarball, request.onProgress ?? (() => {}))
      for (const { sum, from } of wanted) {
        if (sha256 === sum) continue
        throw new DeployError({
          message: `the downloaded ${file} is not the file that ${from} names`,
          tried: `download ${web.shown(urls.tarball)} and compare its SHA-256`,
          answered: `${sha256} (${size} bytes), wanted ${sum}`,
          next: [
            'Run the command again: nothing of this download was kept.',
            'If it stays so, the mirror or a proxy on the way hands out another file: do not use it before you know why.',
          ],
        })
      }
      const files = await unpack({
        tarball,
        folder,
        version: request.version,
        arch: request.arch,
        signal: request.signal,
      })
      await rm(tarball)
      return { v: 3, tarball: { sha256 }, files }
    } finally {
      await web.close()
    }
  })
  return entry.files
}

interface WantedSum {
  sum: string
  from: string
}

async function wantedSums(
  web: Web,
  url: string | undefined,
  file: string,
  pinned: string | undefined,
): Promise<WantedSum[]> {
  const wanted: WantedSum[] = pinned === undefined ? [] : [{ sum: pinned, from: "the inventory's sha256" }]
  if (url === undefined) return wanted
  const sums = await web.text(url, { absenceIsFine: pinned !== undefined })
  if (sums === undefined) return wanted
  const sum = sumOf(sums, file)
  if (sum === undefined)
    throw new DeployError({
      message: `SHA256SUMS does not name ${file}`,
      tried: `GET ${web.shown(url)}`,
      answered: sums,
      next: [
        'Check the version and the architecture; `etcd-deploy` needs the SHA256SUMS of the very release.',
        ...(sums.trimStart().startsWith('<')
          ? ['Open the URL with a browser from here: a proxy or portal answers in place of the server.']
          : []),
      ],
    })
  return [...wanted, { sum, from: 'SHA256SUMS' }]
}
