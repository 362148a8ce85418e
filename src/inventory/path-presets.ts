import type { PathOptions } from './define.ts'
import type { Partly } from './prune.ts'

/** Folders below which everything may lie, as older guides have it. */
export const pathPresets = ['/opt/etcd', '/usr/local/etcd'] as const
export type PathPreset = (typeof pathPresets)[number]

/** What the inventory says folder by folder. */
export function saidPaths(paths: Partly<PathPreset | PathOptions> | undefined): Partly<PathOptions> {
  return typeof paths === 'object' ? paths : {}
}

/** Where lies what is not said folder by folder. */
export function usualPaths(paths: Partly<PathPreset | PathOptions> | undefined): typeof systemPaths {
  if (typeof paths !== 'string') return systemPaths
  return { bin: `${paths}/bin`, config: `${paths}/config`, data: `${paths}/data` }
}

const systemPaths = { bin: '/opt/etcd/bin', config: '/etc/etcd', data: '/var/lib/etcd' }
