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

export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, signal === undefined ? {} : { signal })
  return hash.digest('hex')
}
