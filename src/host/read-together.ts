import { readFile } from 'node:fs/promises'

const readings = new Map<string, { bytes: Promise<Buffer>; readers: number }>()

/** A file's bytes, read once for all hosts that it is sent to at the same time, and kept no longer than that. */
export async function readTogether<T>(path: string, use: (bytes: Buffer) => Promise<T>): Promise<T> {
  const reading = readings.get(path) ?? { bytes: readFile(path), readers: 0 }
  readings.set(path, reading)
  reading.readers++
  try {
    return await use(await reading.bytes)
  } finally {
    if (--reading.readers === 0) readings.delete(path)
  }
}
