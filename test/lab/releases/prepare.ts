import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { folders } from '../folders.ts'
import { LabError } from '../process.ts'
import { debianRelease } from './debian.ts'
import { goRelease } from './go.ts'
import { officialRelease } from './official.ts'
import { tarballName, wantedReleases } from './versions.ts'

export interface Release {
  version: string
  tarball: string
  /** official, debian or go: where it came from. */
  source: string
}

export interface Releases {
  ready: Release[]
  skipped: { version: string; reason: string }[]
}

type Say = (line: string) => void
type Wanted = { version: string; suite?: string }
type Source = { name: string; get(wanted: Wanted, folder: string): Promise<void> }

/** Gets what the cache lacks: seconds when all is there, a minute or two the first time. */
export async function prepareReleases(say: Say = () => {}): Promise<Releases> {
  // Go builds use every core already; two at a time lets a download go on beside one.
  const limit = pLimit(2)
  const results = await Promise.all(wantedReleases.map((wanted) => limit(() => prepare(wanted, say))))
  return {
    ready: results.flatMap((result) => ('tarball' in result ? [result] : [])),
    skipped: results.flatMap((result) => ('reason' in result ? [result] : [])),
  }
}

/** Those that are here already, the oldest first: for tests that get nothing. */
export function cachedReleases(): Release[] {
  return wantedReleases.flatMap(({ version }) => {
    const found = sources.map(({ name }) => cachedRelease(version, name)).find((release) => release !== undefined)
    return found ?? []
  })
}

/** The newest release that can be had here, and nothing else. */
export async function newestRelease(say: Say = () => {}): Promise<Release> {
  const reasons: string[] = []
  for (const wanted of wantedReleases.toReversed()) {
    const result = await prepare(wanted, say)
    if ('tarball' in result) return result
    reasons.push(`${result.version}: ${result.reason}`)
  }
  throw new LabError(`no etcd release can be had here:\n${reasons.join('\n')}`)
}

const sources: Source[] = [
  { name: 'official', get: ({ version }, folder) => officialRelease(version, folder) },
  {
    name: 'debian',
    get: async ({ version, suite }, folder) => {
      if (suite === undefined) throw new Error('no Debian suite has it')
      await debianRelease(version, suite, folder)
    },
  },
  { name: 'go', get: ({ version }, folder) => goRelease(version, folder) },
]

async function prepare(wanted: Wanted, say: Say): Promise<Release | { version: string; reason: string }> {
  const { version } = wanted
  const reasons: string[] = []
  for (const source of sources) {
    const cached = cachedRelease(version, source.name)
    if (cached !== undefined) return cached
  }
  await mkdir(folders.releases, { recursive: true })
  await clearAbandoned()
  for (const source of sources) {
    const folder = await mkdtemp(join(folders.releases, `.v${version}-`))
    try {
      await source.get(wanted, folder)
      await publish(version, source.name, folder)
      say(`etcd ${version}: ready (${source.name})`)
      return { version, source: source.name, tarball: releasePath(version) }
    } catch (error) {
      reasons.push(`${source.name}: ${firstLine(error)}`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return { version, reason: reasons.join('; ') }
}

/** What a killed run was making; an hour is longer than any run takes. */
async function clearAbandoned(): Promise<void> {
  for (const name of await readdir(folders.releases)) {
    const folder = join(folders.releases, name)
    if (!name.startsWith('.v') || Date.now() - (await stat(folder)).mtimeMs < 3_600_000) continue
    await rm(folder, { recursive: true, force: true })
  }
}

function cachedRelease(version: string, source: string): Release | undefined {
  const complete = existsSync(join(folders.releases, `v${version}`, `from-${source}`))
  return complete ? { version, source, tarball: releasePath(version) } : undefined
}

/** Renamed into place whole, so that what is in the cache is complete, also after a kill or beside a second run. */
async function publish(version: string, source: string, folder: string): Promise<void> {
  const whole = join(folder, 'whole')
  await mkdir(whole)
  for (const name of [tarballName(version), 'SHA256SUMS']) await copyFile(join(folder, name), join(whole, name))
  await writeFile(join(whole, `from-${source}`), '')
  const place = join(folders.releases, `v${version}`)
  await rename(whole, place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
}

function releasePath(version: string): string {
  return join(folders.releases, `v${version}`, tarballName(version))
}

function firstLine(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : ''
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n').slice(0, 3).join(' ') + cause
}
