import type { ServerHostKeyAlgorithm } from 'ssh2'
import type { KnownHost } from './known-hosts.ts'

/** Whether a key of this type can be checked here. */
export function isUsable(type: string): boolean {
  return type in algorithmsOf
}

/** Those of the known keys first, or the host might show a key that nobody has seen yet. */
export function offer(known: readonly KnownHost[]): ServerHostKeyAlgorithm[] {
  const types = known.filter((line) => line.marker === 'none').map((line) => line.type)
  return [...new Set([...types, ...Object.keys(algorithmsOf)].flatMap((type) => algorithmsOf[type] ?? []))]
}

const algorithmsOf: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
}
