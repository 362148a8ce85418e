import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { debianMissing } from '../debian.ts'
import { LabError, mustRun } from '../process.ts'
import { ownApt } from './apt.ts'
import { packRelease } from './tarball.ts'
import { architecture, programsOf } from './versions.ts'

/** Debian's own build of this version, repacked; its dependencies are libc alone, so that it runs on any Debian ≥ its own. */
export async function debianRelease(version: string, suite: string, folder: string): Promise<void> {
  const missing = debianMissing()
  if (missing !== undefined) throw new LabError(missing)
  const apt = await ownApt(suite, join(folder, 'apt'))
  await mustRun('apt-get', [...apt, 'update'], { timeoutMs: 180_000 })
  const unpacked = join(folder, 'unpacked')
  for (const name of ['etcd-server', 'etcd-client']) {
    const offered = await packageVersions(apt, name)
    const wanted = offered.find((each) => each.startsWith(`${version}+`) || each.startsWith(`${version}-`))
    if (wanted === undefined) throw new LabError(`Debian ${suite} has ${name} ${offered.join(', ') || 'not at all'}`)
    await mustRun('apt-get', [...apt, 'download', `${name}:${architecture}=${wanted}`], {
      cwd: folder,
      timeoutMs: 180_000,
    })
  }
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'))
  for (const name of packages) await mustRun('dpkg', ['-x', join(folder, name), unpacked])
  const programs = programsOf(version).map((program) => join(unpacked, 'usr/bin', program))
  await packRelease(version, programs, folder)
}

async function packageVersions(apt: string[], name: string): Promise<string[]> {
  const madison = await mustRun('apt-cache', [...apt, 'madison', name])
  return madison
    .split('\n')
    .map((line) => line.split('|')[1]?.trim() ?? '')
    .filter((version) => version !== '')
}
