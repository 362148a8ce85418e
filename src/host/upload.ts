import { createReadStream } from 'node:fs'
import { DeployError } from '../errors.ts'
import type { FilePut } from './host.ts'

const chunkBytes = 256 * 1024

export function sizeOf(file: FilePut): number {
  return file.content.kind === 'bytes' ? file.content.bytes.length : file.content.size
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
    if (sent !== sizeOf(file)) {
      throw new DeployError({
        message: `${file.path}: its source changed while it was read`,
        next: 'run the same command again',
      })
    }
  }
}

async function* chunks(file: FilePut): AsyncGenerator<Uint8Array> {
  if (file.content.kind === 'bytes') {
    for (let at = 0; at < file.content.bytes.length; at += chunkBytes)
      yield file.content.bytes.subarray(at, at + chunkBytes)
    return
  }
  if (file.content.size === 0) return
  // `end`: never more than was promised, or the rest would be taken for the next file
  yield* createReadStream(file.content.path, { highWaterMark: chunkBytes, end: file.content.size - 1 })
}
