import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { debianMissing } from '../debian.ts'
import { cache } from '../folders.ts'
import { mustRun } from '../process.ts'
import { ownApt } from './apt.ts'
import { architecture } from './versions.ts'

/** Programs with which people make the CAs of their clusters. */
export interface PkiTools {
  cfssl: string
  cfssljson: string
  easyrsa: string
}

/** Debian's cfssl and easy-rsa, unpacked into the lab's cache; where they can't be had, why. */
export async function preparePkiTools(): Promise<PkiTools | { reason: string }> {
  const place = join(cache, 'pki-tools')
  if (existsSync(place)) return toolsIn(place)
  const missing = debianMissing()
  if (missing !== undefined) return { reason: missing }
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, '.pki-tools-'))
  try {
    await unpack(folder)
    // Whole or not at all; a second run beside this one may have been first.
    await rename(join(folder, 'unpacked'), place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
    return toolsIn(place)
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function unpack(folder: string): Promise<void> {
  const apt = await ownApt('bookworm', join(folder, 'apt'))
  await mustRun('apt-get', [...apt, 'update'], { timeoutMs: 180_000 })
  const names = [`golang-cfssl:${architecture}`, 'easy-rsa']
  await mustRun('apt-get', [...apt, 'download', ...names], { cwd: folder, timeoutMs: 180_000 })
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.deb'))) {
    await mustRun('dpkg', ['-x', join(folder, name), join(folder, 'unpacked')])
  }
}

function toolsIn(place: string): PkiTools {
  const bin = (name: string): string => join(place, 'usr/bin', name)
  return { cfssl: bin('cfssl'), cfssljson: bin('cfssljson'), easyrsa: join(place, 'usr/share/easy-rsa/easyrsa') }
}
