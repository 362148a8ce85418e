/** One element of DER: its tag byte and its content, a view on the same memory. */
export interface Element {
  tag: number
  content: Uint8Array
}

/** The elements that follow one another in `bytes`; throws on a length that runs over the end. */
export function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const [length, start] = lengthAt(bytes, at + 1)
    const end = start + length
    if (end > bytes.length) throw new RangeError('DER element longer than its container')
    found.push({ tag: bytes[at] ?? 0, content: bytes.subarray(start, end) })
    at = end
  }
  return found
}

/** The extensions of a DER certificate: object identifier in hex → value. */
export function extensionsOf(certificate: Uint8Array): Map<string, Uint8Array> {
  const [outer] = elements(certificate)
  const [tbs] = elements(outer?.content ?? empty)
  const tagged = elements(tbs?.content ?? empty).find((element) => element.tag === 0xa3)
  const [list] = elements(tagged?.content ?? empty)
  const extensions = new Map<string, Uint8Array>()
  for (const extension of elements(list?.content ?? empty)) {
    const fields = elements(extension.content)
    // The optional `critical` flag stands between identifier and value.
    const [oid, value] = [fields[0], fields.at(-1)]
    if (oid && value) extensions.set(Buffer.from(oid.content).toString('hex'), value.content)
  }
  return extensions
}

/** A non-negative INTEGER: a leading zero byte keeps it from reading as negative. */
export function integer(value: number): Uint8Array {
  let hex = evenHex(value)
  if (Number.parseInt(hex.slice(0, 2), 16) > 0x7f) hex = `00${hex}`
  const content = Buffer.from(hex, 'hex')
  return Uint8Array.of(0x02, content.length, ...content)
}

/** One element, made of its content; tags as DER has them, `0x30` for a SEQUENCE. */
export function encode(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  const digits = length < 0x80 ? [] : Buffer.from(evenHex(length), 'hex')
  const head = digits.length === 0 ? [length] : [0x80 | digits.length, ...digits]
  return Buffer.concat([Uint8Array.of(tag, ...head), ...content])
}

/** `1.2.840.113549.1.5.13` → the element. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => base128(arc))
  return encode(0x06, Uint8Array.from(bytes))
}

const empty = new Uint8Array()

function base128(arc: number): number[] {
  const digits = [arc & 0x7f]
  for (let rest = arc >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}

function evenHex(value: number): string {
  const hex = value.toString(16)
  return hex.length % 2 === 1 ? `0${hex}` : hex
}

function lengthAt(bytes: Uint8Array, at: number): [length: number, contentStart: number] {
  const first = bytes[at]
  if (first === undefined) throw new RangeError('DER element without a length')
  if (first < 0x80) return [first, at + 1]
  const count = first & 0x7f
  let length = 0
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) length = length * 256 + byte
  return [length, at + 1 + count]
}
