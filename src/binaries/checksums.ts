import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** The sum of one file in the output of `sha256sum`, text or binary mode. */
export function sumOf(sums: string, file: string): string | undefined {
  for (const line of sums.split('\n')) {
    const match = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+?)\r?$/i.exec(line)
    if (match?.[1] !== undefined && match[2] === file) return match[1].toLowerCase()
  }
  return undefined
}

/** In hex. */
export interface Sums {
  sha256: string
  /** BLAKE2b with 512 bits: a host's b2sum takes a fifth of the time of its sha256sum, and every host of the cluster has to. */
  blake2b: string
}

export class SumsOfStream {
  readonly #sha256 = createHash('sha256')
  readonly #blake2b = createHash('blake2b512')

  update(chunk: Uint8Array): void {
    this.#sha256.update(chunk)
    this.#blake2b.update(chunk)
  }

  digest(): Sums {
    return { sha256: this.#sha256.digest('hex'), blake2b: this.#blake2b.digest('hex') }
  }
}

export async function sumsOf(path: string, signal: AbortSignal): Promise<Sums> {
  const sums = new SumsOfStream()
  for await (const chunk of createReadStream(path, { signal })) sums.update(chunk as Uint8Array)
  return sums.digest()
}

export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { signal })
  return hash.digest('hex')
}
