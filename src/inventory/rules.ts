import type { Inventory } from './define.ts'
import type { Problem } from './describe.ts'
import { addressProblems } from './address-rules.ts'
import { pathProblems } from './path-rules.ts'
import type { Partly } from './prune.ts'
import { settingsProblems } from './settings-rules.ts'
import { transportProblems } from './transport-rules.ts'
import { checkVersion } from '../etcd/versions.ts'

export interface Verdict {
  problems: Problem[]
  warnings: string[]
}

/** What no value can be told alone: whether they go together. */
export function judge(inventory: Partly<Inventory>): Verdict {
  const version = versionVerdict(inventory.version)
  const members = memberVerdict(Object.keys(inventory.nodes ?? {}))
  const settings = settingsProblems(inventory)
  return {
    problems: [
      ...version.problems,
      ...members.problems,
      ...addressProblems(inventory),
      ...pathProblems(inventory),
      ...transportProblems(inventory),
      ...lifetimeProblems(inventory.tls ?? {}),
      ...settings.problems,
    ],
    warnings: [
      ...members.warnings,
      ...version.warnings,
      ...settings.warnings,
      ...withoutEffect(inventory.tls ?? {}),
      ...mirrorWarnings(inventory.binaries),
    ],
  }
}

function versionVerdict(version: string | undefined): Verdict {
  if (version === undefined) return { problems: [], warnings: [] }
  const checked = checkVersion(version)
  if ('message' in checked)
    return { problems: [{ path: ['version'], reason: `${checked.message}; ${checked.next}` }], warnings: [] }
  return { problems: [], warnings: checked.warnings }
}

function memberVerdict(names: string[]): Verdict {
  const count = names.length
  const problems: Problem[] = []
  const seen = new Map<string, string>()
  for (const name of names) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined) {
      problems.push({
        path: ['nodes', name],
        reason: `differs from ${other} in upper and lower case only: not every file system tells them apart`,
      })
    }
    seen.set(name.toLowerCase(), name)
  }
  const warnings: string[] = []
  if (count > 0 && count % 2 === 0) {
    const survives = count / 2 - 1
    warnings.push(
      `${count} members survive no more failures (${survives}) than ${count - 1} would: an odd number is better`,
    )
  }
  if (count > 7)
    warnings.push(
      `${count} members: every write waits for ${Math.floor(count / 2) + 1} of them; etcd advises at most 7`,
    )
  return { problems, warnings }
}

function lifetimeProblems({ leafDays, caYears, clients }: Partly<NonNullable<Inventory['tls']>>): Problem[] {
  const caDays = (caYears ?? defaultCaYears) * 365
  const outlives = (path: Problem['path'], days: number | undefined): Problem[] =>
    days === undefined || days <= caDays
      ? []
      : [{ path, reason: `${days} days are longer than the CA is valid (tls.caYears: ${caDays / 365})` }]
  return [
    ...outlives(['tls', 'leafDays'], leafDays),
    ...Object.entries(clients ?? {}).flatMap(([name, client]) =>
      outlives(['tls', 'clients', name, 'days'], client?.days),
    ),
    ...(clients !== undefined && ownClient in clients
      ? [{ path: ['tls', 'clients', ownClient], reason: 'this name is taken: etcdctl on the hosts works with it' }]
      : []),
  ]
}

/** The client certificate that every cluster gets, for etcdctl on its hosts. */
export const ownClient = 'admin'

export const defaultCaYears = 10

function withoutEffect(tls: Partly<NonNullable<Inventory['tls']>>): string[] {
  if (tls.mode !== 'off') return []
  const idle = Object.keys(tls).filter((key) => key !== 'mode' && key !== 'pki')
  return idle.map((key) => `tls.${key} has no effect: tls.mode is off, so that no certificates are made`)
}

function mirrorWarnings(binaries: Partly<Inventory['binaries']>): string[] {
  if (typeof binaries !== 'object') return []
  const sources = 'mirror' in binaries ? [binaries] : Object.values(binaries)
  return sources.flatMap((source: unknown) => {
    if (typeof source !== 'object' || source === null || !('mirror' in source) || 'sha256' in source) return []
    const url = URL.parse(String(source.mirror))
    const open = url?.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)
    return open
      ? [
          `binaries: ${url.origin} is not https: whoever can change the files on the way can change SHA256SUMS too; give sha256`,
        ]
      : []
  })
}
