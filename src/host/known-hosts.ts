import { createHash, createHmac } from 'node:crypto'

/** A line of a known_hosts file. */
export interface KnownHost {
  /** Where it stands: `~/.ssh/known_hosts:12`. */
  where: string
  marker: 'none' | 'revoked' | 'cert-authority'
  /** First field: a comma list of patterns, or one hashed name. */
  patterns: string
  type: string
  key: Buffer
}

/** Lines that OpenSSH would not understand are passed over, as it does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/[ \t]+/)
    const marker = markers[words[0] ?? '']
    const [patterns, type, base64] = marker === undefined ? words : words.slice(1)
    if (patterns === undefined || patterns.startsWith('#') || patterns.startsWith('@')) return []
    if (type === undefined || base64 === undefined) return []
    const key = Buffer.from(base64, 'base64')
    if (keyType(key) === undefined) return []
    return [{ where: `${file}:${index + 1}`, marker: marker ?? 'none', patterns, type, key }]
  })
}

const markers: Record<string, KnownHost['marker']> = { '@revoked': 'revoked', '@cert-authority': 'cert-authority' }

/** The name that OpenSSH looks up: the port is part of it unless it is 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

export function matchesHost(line: KnownHost, name: string): boolean {
  if (line.patterns.startsWith('|')) return matchesHash(line.patterns, name)
  let matched = false
  for (const pattern of line.patterns.toLowerCase().split(',')) {
    if (!pattern.startsWith('!')) matched ||= matchesPattern(pattern, name)
    else if (matchesPattern(pattern.slice(1), name)) return false
  }
  return matched
}

/** As `ssh-keygen -lf` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** `ssh-ed25519`; a key names its type in its first field. */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined
  const length = key.readUInt32BE(0)
  return length === 0 || length > key.length - 4 ? undefined : key.subarray(4, 4 + length).toString('latin1')
}

function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|')
  if (version !== '1' || salt === undefined || hash === undefined) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest().equals(Buffer.from(hash, 'base64'))
}

/** `*` and `?`. No regular expression: with many stars it could take forever. */
function matchesPattern(pattern: string, name: string): boolean {
  let [at, inName] = [0, 0]
  let star: { at: number; inName: number } | undefined
  while (inName < name.length) {
    if (pattern[at] === '*') star = { at: at++, inName }
    else if (pattern[at] === '?' || pattern[at] === name[inName]) {
      at++
      inName++
    } else if (star === undefined) return false
    else {
      // The last star takes one more
      star.inName++
      ;[at, inName] = [star.at + 1, star.inName]
    }
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
