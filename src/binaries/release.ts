import { createHash } from 'node:crypto'

import { DeployError, exitCode } from '../errors.ts'
import type { Architecture, BinarySource } from '../inventory/model.ts'

export type ReleaseSource = Extract<BinarySource, { kind: 'official' | 'mirror' }>

export interface Release {
  version: string
  arch: Architecture
}

const official = 'https://github.com/etcd-io/etcd/releases/download/v{version}/{file}'

export function tarballName({ version, arch }: Release): string {
  return `etcd-v${version}-linux-${arch}.tar.gz`
}

/** Where the tarball and its sums are; no `sums` where a mirror's template cannot name them. */
export function releaseUrls(source: ReleaseSource, release: Release): { tarball: string; sums?: string } {
  const template = source.kind === 'official' ? official : source.url
  const tarball = fill(template, release, tarballName(release))
  if (template.includes('{file}')) return { tarball, sums: fill(template, release, 'SHA256SUMS') }
  if (source.sha256 !== undefined) return { tarball }
  throw new DeployError({
    message: 'the mirror names one file, so that its SHA256SUMS cannot be found',
    tried: template,
    next: "Write the mirror with {file} in it, or give the tarball's own `sha256` beside it.",
    exitCode: exitCode.usage,
  })
}

/** Names what is remembered: two mirrors never share an entry. */
export function releaseKey(source: ReleaseSource, { version, arch }: Release): string {
  const origin = source.kind === 'official' ? 'official' : `mirror-${shortHash(source.url)}`
  return `${version}-${arch}-${origin}`
}

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function fill(template: string, { version, arch }: Release, file: string): string {
  return template.replaceAll('{version}', version).replaceAll('{arch}', arch).replaceAll('{file}', file)
}
