import { createReadStream } from 'node:fs'
import { DeployError } from '../errors.ts'
import type { FilePut } from './host.ts'

const chunkBytes = 256 * 1024

/** What travels. */
export function sentBytes({ content }: FilePut): number {
  return content.kind === 'bytes' ? content.bytes.length : (content.gzip ?? content).size
}

/** Sends the files' bytes, one after the other, as fast as the host takes them; ends early when the host is gone. */
export async function upload(
  files: readonly FilePut[],
  send: (bytes: Uint8Array) => Promise<boolean>,
  onSent: (bytes: number) => void,
): Promise<void> {
  for (const file of files) {
    let sent = 0
    for await (const chunk of chunks(file)) {
      if (!(await send(chunk))) return
      sent += chunk.length
      onSent(chunk.length)
    }
    if (sent !== sentBytes(file)) {
      throw new DeployError({
        message: `${file.path}: its source changed while it was read`,
        next: 'run the same command again',
      })
    }
  }
}

async function* chunks({ content }: FilePut): AsyncGenerator<Uint8Array> {
  if (content.kind === 'bytes') {
    for (let at = 0; at < content.bytes.length; at += chunkBytes) yield content.bytes.subarray(at, at + chunkBytes)
    return
  }
  const { path, size } = content.gzip ?? content
  if (size === 0) return
  // `end`: never more than was promised, or the rest would be taken for the next file
  yield* createReadStream(path, { highWaterMark: chunkBytes, end: size - 1 })
}
