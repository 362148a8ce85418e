import { isUsable } from './host-key-algorithms.ts'
import type { KnownHost } from './known-hosts.ts'
import { keyType } from './known-hosts.ts'

/** What known_hosts holds of a host at one place. */
export interface KnownPlace {
  /** As known_hosts writes it. */
  name: string
  lines: readonly KnownHost[]
  /** OpenSSH too takes a line without the port for a host on another port, when the key is the same. */
  portless: readonly KnownHost[]
}

export type Verdict =
  | { kind: 'known' | 'known-elsewhere' | 'unknown' }
  | { kind: 'revoked' | 'certificate'; line: KnownHost }
  /** `twin`: where it is known as the host’s at another of its places. */
  | { kind: 'changed'; line: KnownHost; twin: KnownHost | undefined }
  | { kind: 'another-host'; line: KnownHost; name: string }

/** What to think of a key that is shown here by a host that may be at other places too. */
export function judge(key: Buffer, here: KnownPlace, elsewhere: readonly KnownPlace[]): Verdict {
  const revoked = [here, ...elsewhere].flatMap(all).find((line) => line.marker === 'revoked' && line.key.equals(key))
  if (revoked !== undefined) return { kind: 'revoked', line: revoked }
  if (holding(key, here) !== undefined) return { kind: 'known' }
  const [twin] = elsewhere.flatMap((place) => holding(key, place) ?? [])
  const changed = different(key, here)
  if (changed !== undefined) return { kind: 'changed', line: changed, twin }
  if (twin !== undefined) return { kind: 'known-elsewhere' }
  for (const place of elsewhere) {
    const line = different(key, place)
    if (line !== undefined) return { kind: 'another-host', line, name: place.name }
  }
  const authority = here.lines.find((line) => line.marker === 'cert-authority')
  return authority === undefined ? { kind: 'unknown' } : { kind: 'certificate', line: authority }
}

function all({ lines, portless }: KnownPlace): KnownHost[] {
  return [...lines, ...portless]
}

function holding(key: Buffer, place: KnownPlace): KnownHost | undefined {
  return all(place).find((line) => line.marker === 'none' && line.key.equals(key))
}

/** A key of another type than the known ones is a change too: those were offered first, so the host has them no more. */
function different(key: Buffer, { lines }: KnownPlace): KnownHost | undefined {
  const plain = lines.filter((line) => line.marker === 'none')
  return plain.find((line) => line.type === keyType(key)) ?? plain.find((line) => isUsable(line.type))
}
