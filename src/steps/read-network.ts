import type { LookOutput } from '../engine/playbook.ts'
import { canonicalIp } from '../pki/sans.ts'
import type { AddressSeen, ReachedHost } from './seen.ts'

/** `10.0.0.1 eth0`; IPv6 from /proc as 32 hex digits. */
export function readAddress(line: string): AddressSeen | undefined {
  const [text = '', device = ''] = line.split(' ')
  const address = /^[0-9a-f]{32}$/.test(text) ? text.match(/.{4}/g)?.join(':') : text
  const canonical = canonicalIp(address ?? '')
  return canonical === undefined || canonical.startsWith('127.') || canonical === '::1'
    ? undefined
    : { address: canonical, device }
}

/** `0: 0B60D50A:094B 00000000:0000 0A …`: little-endian words in hex. */
export function readListening(line: string): { address: string; port: number } | undefined {
  const [hex, port] = line.trim().split(/\s+/)[1]?.split(':') ?? []
  if (hex === undefined || port === undefined) return undefined
  const bytes = hex.match(/.{8}/g)?.flatMap((word) => word.match(/../g)?.toReversed() ?? []) ?? []
  const address = hex.length === 8 ? bytes.map((byte) => Number.parseInt(byte, 16)).join('.') : ipv6(bytes)
  return { address, port: Number.parseInt(port, 16) }
}

function ipv6(bytes: string[]): string {
  const words = bytes.join('').match(/.{4}/g)?.join(':') ?? '::'
  return new URL(`http://[${words}]`).hostname.slice(1, -1)
}

export function readPeers(output: LookOutput | undefined): ReachedHost['peers'] {
  const lines = output?.stdout.split('\n').filter((line) => line !== '') ?? []
  return new Map(
    lines.map((line) => {
      const [name = '', code] = line.split(' ')
      return [name, code === '124' ? 'blocked' : 'open']
    }),
  )
}
