import type { LookOutput } from '../engine/playbook.ts'
import { canonicalIp } from '../pki/sans.ts'
import type { AddressSeen, OtherEtcd, ReachedHost, SocketSeen } from './seen.ts'

/** `10.0.0.1/24 eth0 brd 10.0.0.255 scope global secondary eth0`; IPv6 from /proc as 32 hex digits, and no more than its device. */
export function readAddress(line: string): AddressSeen | undefined {
  const [text = '', device = '', ...words] = line.split(/\s+/)
  const [written = '', prefix] = text.split('/')
  const address = /^[0-9a-f]{32}$/.test(written) ? written.match(/.{4}/g)?.join(':') : written
  const canonical = canonicalIp(address ?? '')
  if (canonical === undefined || canonical.startsWith('127.') || canonical === '::1') return undefined
  const flags = words.filter((word) => ['secondary', 'dynamic', 'deprecated', 'temporary'].includes(word))
  return { address: canonical, device, ...(prefix === undefined ? {} : { prefix: Number(prefix) }), flags }
}

/** `0: 0B60D50A:094B 00000000:0000 0A … 0 0 12345 …`: little-endian words in hex; the inode last. */
export function readListening(line: string): (SocketSeen & { inode: string }) | undefined {
  const fields = line.trim().split(/\s+/)
  const [hex, port] = fields[1]?.split(':') ?? []
  if (hex === undefined || port === undefined) return undefined
  const bytes = hex.match(/.{8}/g)?.flatMap((word) => word.match(/../g)?.toReversed() ?? []) ?? []
  const address = hex.length === 8 ? bytes.map((byte) => Number.parseInt(byte, 16)).join('.') : ipv6(bytes)
  return { address, port: Number.parseInt(port, 16), inode: fields[9] ?? '' }
}

function ipv6(bytes: string[]): string {
  const words = bytes.join('').match(/.{4}/g)?.join(':') ?? '::'
  return new URL(`http://[${words}]`).hostname.slice(1, -1)
}

export function readPeers(output: LookOutput | undefined): ReachedHost['peers'] {
  const lines = output?.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#@ ')) ?? []
  return new Map(
    lines.map((line) => {
      const [name = '', code] = line.split(' ')
      if (code === 'unresolved' || code === 'rejected') return [name, code]
      return [name, code === '124' ? 'blocked' : 'open']
    }),
  )
}

/** `.1234 my-etcd.service`, then a line for each socket and folder that this process has open. */
export function readOthers(lines: string[], listening: (SocketSeen & { inode: string })[]): OtherEtcd[] {
  const others: OtherEtcd[] = []
  for (const line of lines) {
    const at = line.indexOf(' ')
    const [word, rest] = [line.slice(0, at), line.slice(at + 1)]
    if (line.startsWith('.')) others.push({ pid: word.slice(1), unit: rest, listening: [], folders: [] })
    const last = others.at(-1)
    if (word === 'folder') last?.folders.push(rest)
    if (word === 'socket')
      last?.listening.push(
        ...listening.filter(({ inode }) => inode === rest).map(({ address, port }) => ({ address, port })),
      )
  }
  return others
}
