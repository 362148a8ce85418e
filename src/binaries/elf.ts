import { open } from 'node:fs/promises'

import { DeployError } from '../errors.ts'
import type { Architecture } from '../inventory/model.ts'

/** e_machine and byte order of the ELF files that run on an architecture. */
const machines: Record<Architecture, { machine: number; littleEndian: boolean }> = {
  amd64: { machine: 62, littleEndian: true },
  arm64: { machine: 183, littleEndian: true },
  ppc64le: { machine: 21, littleEndian: true },
  s390x: { machine: 22, littleEndian: false },
}

/** Refuses a file that the hosts could not run, before it is sent there. */
export async function checkElf(path: string, name: string, arch: Architecture): Promise<void> {
  const header = await readHead(path)
  const found = builtFor(header)
  if (found === arch) return
  throw new DeployError({
    message: `${name} is ${found === undefined ? 'not a 64-bit Linux program' : `built for ${found}`}; these hosts are ${arch}`,
    tried: `read the ELF header of ${path}`,
    answered: `first bytes: ${header.toString('hex').replace(/(..)(?=.)/g, '$1 ') || 'none, the file is empty'}`,
    next: `Give binaries for ${arch}; where hosts differ, \`binaries\` takes one source per architecture.`,
  })
}

function builtFor(header: Buffer): Architecture | undefined {
  const isElf64 = header.length >= 20 && header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2
  if (!isElf64) return undefined
  const littleEndian = header[5] === 1
  const machine = littleEndian ? header.readUInt16LE(18) : header.readUInt16BE(18)
  const found = Object.entries(machines).find(
    ([, known]) => known.machine === machine && known.littleEndian === littleEndian,
  )
  return found?.[0] as Architecture | undefined
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
