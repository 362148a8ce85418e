/** What `version` in an inventory comes to: an exact version with warnings, or why it can't be used. */
export type VersionCheck = { version: string; warnings: string[] } | { message: string; next: string }

export function checkVersion(value: unknown): VersionCheck {
  const next = 'give an exact version, for example 3.6.16'
  const version = typeof value === 'string' ? parseVersion(value) : undefined
  if (version === undefined) return { message: `${JSON.stringify(value)} is not an exact etcd version`, next }
  if (!atLeast(version, '3.3'))
    return { message: `etcd ${version} is older than 3.3, the oldest that is supported`, next }
  if (atLeast(version, '4'))
    return { message: `etcd ${version} is not known; the newest known series is ${newestSeries}`, next }
  return { version, warnings: releaseAdvice(version) }
}

/** `v3.6.16` or `3.6.16` → `3.6.16`; anything else, ranges and pre-releases too, is undefined. */
export function parseVersion(text: string): string | undefined {
  const match = /^v?((?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,5}))$/.exec(text.trim())
  return match?.[1]
}

/** Negative, zero or positive, as for `sort`. What is left out counts as 0: `3.5` is `3.5.0`. */
export function compareVersions(a: string, b: string): number {
  const left = numbers(a)
  const right = numbers(b)
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2]
}

export function atLeast(version: string, minimum: string): boolean {
  return compareVersions(version, minimum) >= 0
}

/** `3.6.16` → `3.6`. */
export function minorSeries(version: string): string {
  const [major, minor] = numbers(version)
  return `${major}.${minor}`
}

/** Whether gRPC over http is surely answered on a port that takes https too; before, each start left it to chance (etcd issue 15495). */
export function sharesPortSafely(version: string): boolean {
  return atLeast(version, '3.5') ? atLeast(version, '3.5.8') : atLeast(version, '3.4.25')
}

/** What to know about a release before it is deployed, from the maintainers' own recommendations; empty for a good one. */
export function releaseAdvice(version: string): string[] {
  const advice = knownTrouble.filter(({ from, before }) => atLeast(version, from) && !atLeast(version, before))
  const warnings = advice.map(({ text }) => `etcd ${version}: ${text}`)
  if (atLeast(version, afterNewestSeries)) {
    warnings.push(`etcd ${version} is newer than this etcd-deploy knows; it is treated as ${newestSeries}`)
  }
  return warnings
}

const newestSeries = '3.7'
const afterNewestSeries = '3.8'

const knownTrouble: { from: string; before: string; text: string }[] = [
  { from: '3.3', before: '3.4', text: '3.3 is past its end of life and gets no more fixes; plan to upgrade' },
  { from: '3.4', before: '3.5', text: '3.4 is past its end of life and gets no more fixes; plan to upgrade' },
  {
    from: '3.4',
    before: '3.4.8',
    text: 'members can come to hold different data when auth is on (etcd issue 11651); use 3.4.22 or later',
  },
  {
    from: '3.4.8',
    before: '3.4.22',
    text: 'the maintainers recommend 3.4.22 or later in production (with auth on, data can differ after recovery from a snapshot)',
  },
  {
    from: '3.5',
    before: '3.5.3',
    text: 'under load a killed member can lose committed writes that the others have (etcd issue 13766); use 3.5.6 or later',
  },
  { from: '3.5.3', before: '3.5.4', text: 'panics at start when auth is on (etcd pull 13946); use 3.5.6 or later' },
  {
    from: '3.5.4',
    before: '3.5.6',
    text: 'the maintainers recommend 3.5.6 or later in production (with auth on, data can differ after recovery from a snapshot)',
  },
  {
    from: '3.6',
    before: '3.6.4',
    text: 'a member may fail to start after a learner was promoted (etcd pull 20387); use 3.6.4 or later',
  },
]

function numbers(version: string): [number, number, number] {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version)
  if (match === null) throw new RangeError(`not a version: ${version}`)
  return [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)]
}
