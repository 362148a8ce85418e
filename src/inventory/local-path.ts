import { isAbsolute, join, resolve } from 'node:path'
import { quoted } from './address.ts'

/** Why a path can't be one on the controller; undefined: it can. */
export function localPathProblem(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (/\p{Cc}/u.test(path)) return 'has control characters in it'
  return /^~[^/]/.test(path) ? `${quoted(path)}: only your own home (~/) is known here` : undefined
}

/** Never shows the value: it may be the key itself. */
export function privateKeyProblem(path: string): string | undefined {
  if (path.includes('-----BEGIN')) return 'holds a key itself: name its file'
  return localPathProblem(path) ?? (path.endsWith('.pub') ? 'is the public half: name the private key' : undefined)
}

const placeholders = ['version', 'file']

/** `https://host/v{version}/{file}`. */
export function mirrorProblem(template: string): string | undefined {
  const unknown = [...template.matchAll(/\{([^}]*)\}/g)].find(([, word = '']) => !placeholders.includes(word))
  if (unknown) return `${unknown[0]} is none of {version} and {file}`
  if (!template.includes('{file}'))
    return 'has no {file} in it, which stands for the tarball and for SHA256SUMS beside it'
  const url = URL.parse(template.replace('{version}', '3.6.0').replace('{file}', 'SHA256SUMS'))
  if (url === null || !/^https?:$/.test(url.protocol)) return `is not a web address: 'https://host/v{version}/{file}'`
  return url.username === '' && url.password === ''
    ? undefined
    : 'has a user or password in it: secrets are never written in an inventory'
}

/** `~` is the home, and what is relative is so to the inventory's folder. */
export function localPath(path: string, home: string, folder: string): string {
  if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1))
  return isAbsolute(path) ? path : resolve(folder, path)
}
