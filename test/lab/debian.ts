import { existsSync } from 'node:fs'
import { run } from './process.ts'

const publicMirror = 'http://deb.debian.org/debian'
export const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Why Debian's archive can't be used from here; undefined where it can. */
export function debianMissing(): string | undefined {
  if (!existsSync('/usr/bin/apt-get')) return 'this is not Debian'
  if (!existsSync(debianKeyring)) return `${debianKeyring} is missing`
  return undefined
}

/** The mirror that this machine's apt is set to for Debian itself, as a local mirror is often the only one reachable. */
export async function debianMirror(): Promise<string> {
  const { stdout } = await run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE)',
    'Created-By: Packages',
  ])
  const suites = /^(bullseye|bookworm|trixie|forky|sid|stable|testing|unstable)$/
  const rows = stdout.split('\n').map((line) => line.split(' '))
  const uri = rows.find(([, release]) => suites.test(release ?? ''))?.[0]
  return (uri ?? publicMirror).replace(/\/$/, '')
}

/** debootstrap fetches with wget, which does not know apt's proxy. */
export async function debianProxy(): Promise<string | undefined> {
  const { stdout } = await run('apt-config', ['shell', 'proxy', 'Acquire::http::Proxy'])
  return /^proxy='(.+)'/.exec(stdout)?.[1]
}
