import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { debianMirror, debianMissing, debianProxy } from './debian.ts'
import { folders } from './folders.ts'
import { LabError, mustRun, run } from './process.ts'
import { architecture } from './releases/versions.ts'

/** Little on purpose: the product must do without python, curl and openssl. */
export const packages = ['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'iproute2', 'sudo', 'iptables', 'procps']

const suite = 'bookworm'
const official = 'debian:12'
const contents = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8)
const ownBase = `etcd-deploy-lab-base:${suite}-${contents}`

/** debian:12 where the engine has it or can pull it, else one that debootstrap makes from Debian's packages. */
export async function baseImage(say: (line: string) => void): Promise<string> {
  for (const image of [official, ownBase]) {
    if ((await run('docker', ['image', 'inspect', image])).code === 0) return image
  }
  const tarball = join(folders.base, `${suite}-${architecture}-${contents}.tar`)
  if (!existsSync(tarball)) {
    const pull = await run('docker', ['pull', official], { timeoutMs: 300_000 })
    if (pull.code === 0) return official
    const missing = debianMissing() ?? (process.getuid?.() === 0 ? undefined : 'debootstrap needs root')
    if (missing !== undefined) {
      throw new LabError(`${official} can't be pulled (${pull.stderr.trim()}) nor made here: ${missing}`)
    }
    say(`${official} can't be pulled here: making a base image from Debian's packages (about a minute)`)
    await debootstrap(tarball)
  }
  await mustRun('docker', ['import', tarball, ownBase])
  return ownBase
}

async function debootstrap(tarball: string): Promise<void> {
  if ((await run('debootstrap', ['--version'])).code !== 0) {
    await mustRun('apt-get', ['install', '-y', '--no-install-recommends', 'debootstrap'])
  }
  await mkdir(folders.base, { recursive: true })
  const folder = await mkdtemp(join(folders.base, '.making-'))
  try {
    const made = join(folder, 'root')
    const args = ['--variant=minbase', `--include=${packages.join(',')}`, suite, made, await debianMirror()]
    const proxy = await debianProxy()
    await mustRun('debootstrap', args, { timeoutMs: 600_000, ...(proxy ? { env: { http_proxy: proxy } } : {}) })
    await rm(join(made, 'var/cache/apt/archives'), { recursive: true, force: true })
    // From a file: an image that `docker import` reads from a pipe was seen empty.
    await mustRun('tar', ['-C', made, '-cf', join(folder, 'base.tar'), '.'])
    await rename(join(folder, 'base.tar'), tarball)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
