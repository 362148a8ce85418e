export interface TarEntry {
  name: string
  /** ustar's type flag: `0` is a plain file. */
  type: string
  size: number
  /** To be read to its end before the next entry is asked for, or not at all. */
  data: AsyncGenerator<Uint8Array>
}

const blockSize = 512

/** Reads ustar, pax and GNU archives. Rejects with a plain Error that says what is wrong with the archive. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new ByteSource(source)
  let longName: string | undefined
  for (;;) {
    const header = await bytes.take(blockSize)
    if (header === undefined || header.every((byte) => byte === 0)) return
    checkSum(header)
    const size = sizeOf(header)
    const type = header[156] === 0 ? '0' : String.fromCharCode(header[156] ?? 0)
    const padding = (blockSize - (size % blockSize)) % blockSize
    if (type === 'x' || type === 'L') {
      const text = (await bytes.whole(size)).toString('utf8')
      longName = type === 'L' ? text.replace(/\0.*$/s, '') : (paxPath(text) ?? longName)
      await bytes.whole(padding)
      continue
    }
    const data = bytes.chunks(size)
    yield { name: longName ?? nameOf(header), type, size, data }
    longName = undefined
    for await (const _ of data);
    await bytes.whole(padding)
  }
}

class ByteSource {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Undefined at the very end. */
  async take(length: number): Promise<Buffer | undefined> {
    if (length > 0 && !(await this.#fill())) return undefined
    return this.whole(length)
  }

  async whole(length: number): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for await (const part of this.chunks(length)) parts.push(part)
    return Buffer.concat(parts)
  }

  async *chunks(length: number): AsyncGenerator<Uint8Array> {
    let left = length
    while (left > 0) {
      if (!(await this.#fill())) throw new Error('the archive ends in the middle of a file')
      const part = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(part.length)
      left -= part.length
      yield part
    }
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next()
      if (next.done === true) return false
      this.#rest = next.value
    }
    return true
  }
}

function checkSum(header: Buffer): void {
  const written = parseInt(text(header, 148, 8), 8)
  const counted = header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0)
  if (written !== counted) throw new Error('this is not a tar archive, or a damaged one')
}

function sizeOf(header: Buffer): number {
  // GNU tar's form for 8 GiB and more; nothing of etcd is that large.
  if (((header[124] ?? 0) & 0x80) !== 0) throw new Error('the archive holds a file of 8 GiB or more')
  const size = parseInt(text(header, 124, 12).trim() || '0', 8)
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('the archive names a size that is no number')
  return size
}

function nameOf(header: Buffer): string {
  const isUstar = text(header, 257, 5) === 'ustar'
  const prefix = isUstar && header[263] === 0x30 ? text(header, 345, 155) : ''
  const name = text(header, 0, 100)
  return prefix === '' ? name : `${prefix}/${name}`
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.subarray(0, end === -1 ? length : end).toString('utf8')
}

/** `27 path=etcd-v3.6.16-linux-amd64\n`: the count covers the whole record. */
function paxPath(records: string): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(records)?.[1]
}
