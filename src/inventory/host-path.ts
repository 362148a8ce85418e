import { quoted } from './address.ts'

/**
 * Why a path can't be one on the hosts; undefined: it can. These paths stand in the unit (spaces and % mean something to systemd),
 * in the shell of its guard and in etcd's own flags, so that only what means nothing to any of them is allowed.
 */
export function hostPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return `${quoted(path)} is not absolute: paths on the hosts begin with /`
  const odd = /[^A-Za-z0-9/._+@-]/u.exec(path)?.[0]
  if (odd !== undefined) {
    const what = odd === ' ' ? 'a space' : quoted(odd)
    return `${quoted(path)} has ${what} in it, which systemd would misread: letters, digits, . _ - + @ only`
  }
  if (path.split('/').some((part) => part === '.' || part === '..'))
    return `${quoted(path)} has . or .. in it: write the path that is meant`
  if (canonicalPath(path) === '/') return 'the root directory can not be given to etcd'
  return undefined
}

/** Without doubled or trailing slashes. */
export function canonicalPath(path: string): string {
  return path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '')
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

const system = [
  'bin',
  'boot',
  'dev',
  'etc',
  'home',
  'lib',
  'lib64',
  'media',
  'mnt',
  'opt',
  'proc',
  'root',
  'run',
  'sbin',
  'srv',
  'sys',
  'tmp',
]
const belowSystem = [
  'etc/systemd',
  'usr',
  'usr/bin',
  'usr/lib',
  'usr/local',
  'usr/local/bin',
  'usr/sbin',
  'var',
  'var/lib',
  'var/log',
  'var/tmp',
]
const sharedFolders = new Set([...system, ...belowSystem].map((path) => `/${path}`))
const volatileFolders = ['/dev', '/proc', '/run', '/sys', '/tmp', '/var/run', '/var/tmp']

/** Why a folder can't be etcd's own (its mode and owner are set): `data` also has to outlive a boot. */
export function ownFolderProblem(path: string, kind: 'config' | 'data'): string | undefined {
  const folder = canonicalPath(path)
  if (sharedFolders.has(folder)) return `${folder} belongs to the system: name a folder in it that is etcd's own`
  const home = ['/home', '/root'].find((place) => isWithin(folder, place))
  if (home !== undefined)
    return `a service does not see what is in ${home} (ProtectHome): name a folder elsewhere, as /var/lib/etcd`
  const volatile = volatileFolders.find((place) => isWithin(folder, place))
  if (volatile !== undefined) {
    const why =
      kind === 'data' ? 'the member would lose its data' : 'the member would lose its settings and certificates'
    return `${volatile} does not outlive a boot: ${why}`
  }
  return undefined
}
