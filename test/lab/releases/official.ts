import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvHttpProxyAgent, fetch } from 'undici'
import { LabError } from '../process.ts'
import { tarballName } from './versions.ts'

const downloads = 'https://github.com/etcd-io/etcd/releases/download'

/** The release as etcd's maintainers publish it, with their SHA256SUMS. */
export async function officialRelease(version: string, folder: string): Promise<void> {
  const file = tarballName(version)
  const sums = await download(`${downloads}/v${version}/SHA256SUMS`, 15_000)
  const tarball = await download(`${downloads}/v${version}/${file}`, 300_000)
  const sha256 = createHash('sha256').update(tarball).digest('hex')
  if (!sums.toString('utf8').split('\n').includes(`${sha256}  ${file}`)) {
    throw new LabError(`${file} is not what its SHA256SUMS says`)
  }
  await writeFile(join(folder, file), tarball)
  await writeFile(join(folder, 'SHA256SUMS'), sums)
}

async function download(url: string, timeoutMs: number): Promise<Buffer> {
  const response = await fetch(url, { dispatcher: new EnvHttpProxyAgent(), signal: AbortSignal.timeout(timeoutMs) })
  if (!response.ok) throw new LabError(`${url} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
