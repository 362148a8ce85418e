import { DeployError } from '../errors.ts'
import type { FilePut } from './host.ts'
import { readTogether } from './read-together.ts'

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
  for (const file of files) if (!(await withBytes(file, (bytes) => inChunks(bytes, send, onSent)))) return
}

async function withBytes(file: FilePut, use: (bytes: Uint8Array) => Promise<boolean>): Promise<boolean> {
  const { content } = file
  if (content.kind === 'bytes') return use(content.bytes)
  const { path, size } = content.gzip ?? content
  return readTogether(path, (bytes) => {
    // Never more than was promised: the rest would be taken for the next file.
    if (bytes.length >= size) return use(bytes.subarray(0, size))
    throw new DeployError({
      message: `${file.path}: its source changed while it was read`,
      next: 'run the same command again',
    })
  })
}

/** False: the host is gone. */
async function inChunks(
  bytes: Uint8Array,
  send: (bytes: Uint8Array) => Promise<boolean>,
  onSent: (bytes: number) => void,
): Promise<boolean> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.subarray(at, at + chunkBytes)
    if (!(await send(chunk))) return false
    onSent(chunk.length)
  }
  return true
}
