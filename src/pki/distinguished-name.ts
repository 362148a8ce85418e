import type { Subject } from '../inventory/model.ts'
import { elements } from './der.ts'
import type { Element } from './der.ts'

export type DistinguishedName = Subject & { cn?: string }

/**
 * The subject of a DER certificate, as far as an inventory can set it. Not by Node's `toLegacyObject`: that ends the process where the
 * key is on a curve without a NIST name (secp256k1, brainpool).
 */
export function subjectOf(certificate: Uint8Array): DistinguishedName {
  const [outer] = elements(certificate)
  const [tbs] = elements(outer?.content ?? empty)
  // version (from X.509 v2 on), serial, signature, issuer, validity, subject
  const fields = elements(tbs?.content ?? empty).filter(({ tag }) => tag !== 0xa0)
  const attributes = elements(fields[4]?.content ?? empty).flatMap(({ content }) => elements(content))
  const values = new Map<string, string[]>()
  for (const attribute of attributes) {
    const [type, value] = elements(attribute.content)
    const field = type && fieldOf[Buffer.from(type.content).toString('hex')]
    if (field && value) values.set(field, [...(values.get(field) ?? []), textOf(value)])
  }
  return Object.fromEntries([...values].map(([field, texts]) => [field, texts.join(', ')]))
}

/** Object identifiers below 2.5.4, in hex. */
const fieldOf: Record<string, keyof DistinguishedName> = {
  '550403': 'cn',
  '55040a': 'organization',
  '55040b': 'organizationalUnit',
  '550406': 'country',
  '550408': 'province',
  '550407': 'locality',
}

function textOf({ tag, content }: Element): string {
  const bytes = Buffer.from(content)
  if (tag === 0x0c) return bytes.toString('utf8')
  // BMPString: two bytes a character, the higher first; an odd last byte is none.
  return tag === 0x1e
    ? bytes
        .subarray(0, bytes.length & ~1)
        .swap16()
        .toString('utf16le')
    : bytes.toString('latin1')
}

const empty = new Uint8Array()
