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
  let hex = value.toString(16)
  if (hex.length % 2 === 1) hex = `0${hex}`
  if (Number.parseInt(hex.slice(0, 2), 16) > 0x7f) hex = `00${hex}`
  const content = Buffer.from(hex, 'hex')
  return Uint8Array.of(0x02, content.length, ...content)
}

const empty = new Uint8Array()

function lengthAt(bytes: Uint8Array, at: number): [length: number, contentStart: number] {
  const first = bytes[at]
  if (first === undefined) throw new RangeError('DER element without a length')
  if (first < 0x80) return [first, at + 1]
  const count = first & 0x7f
  let length = 0
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) length = length * 256 + byte
  return [length, at + 1 + count]
}
