import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseImage, packages } from './base-image.ts'
import { folders } from './folders.ts'
import { mustRun, run } from './process.ts'
import { stateFiles } from './state.ts'

const recipe = join(import.meta.dirname, 'image')

/** The hosts' image, tagged with a hash of all that goes into it, so that it is built again only when that changes. */
export async function ensureImage(say: (line: string) => void): Promise<string> {
  const context = mkdtempSync(join(tmpdir(), 'etcd-lab-image-'))
  try {
    fillContext(context)
    const image = `etcd-deploy-lab:${hashOf(context)}`
    if ((await run('docker', ['image', 'inspect', image])).code === 0) return image
    const base = await baseImage(say)
    say(`building the hosts' image on ${base}`)
    const args = ['--build-arg', `BASE=${base}`, '--build-arg', `PACKAGES=${packages.join(' ')}`]
    // The engine that the lab starts has no bridge of its own.
    await mustRun('docker', ['build', '--network', 'host', ...args, '-t', image, context], { timeoutMs: 600_000 })
    return image
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}

function fillContext(context: string): void {
  cpSync(recipe, context, { recursive: true })
  cpSync(join(folders.state, 'host-keys'), join(context, 'host-keys'), { recursive: true })
  cpSync(stateFiles.opsPassword, join(context, 'ops-password'))
  cpSync(`${stateFiles.key}.pub`, join(context, 'authorized_keys'))
}

function hashOf(folder: string): string {
  const hash = createHash('sha256').update(packages.join(' '))
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
  for (const name of names) {
    const path = join(folder, name)
    if (statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 12)
}
