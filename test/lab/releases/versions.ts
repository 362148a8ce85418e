/**
 * One exact version for each supported minor, two for 3.5, so that a test means the same on every machine.
 * `suite` is where Debian packages it (3.3 and 3.4 are there alone once there is no internet: they have no Go modules).
 */
export const wantedReleases = [
  { version: '3.3.25', suite: 'bullseye' },
  { version: '3.4.23', suite: 'bookworm' },
  { version: '3.5.16', suite: 'trixie' },
  { version: '3.5.30', suite: 'sid' },
  { version: '3.6.16' },
  { version: '3.7.3' },
] as const satisfies { version: string; suite?: string }[]

export const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'

export function tarballName(version: string): string {
  return `etcd-v${version}-linux-${architecture}.tar.gz`
}

/** etcdutl came with 3.5. */
export function programsOf(version: string): string[] {
  return minorOf(version) < 5 ? ['etcd', 'etcdctl'] : ['etcd', 'etcdctl', 'etcdutl']
}

export function minorOf(version: string): number {
  return Number(version.split('.')[1])
}
