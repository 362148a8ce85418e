import { nearest } from '../nearest.ts'
import { type FeatureGate, type Flag, type FlagName, flags, hasFlag } from './flags.ts'
import { checkTogether } from './setting-rules.ts'
import { readValue } from './setting-values.ts'
import type { Bytes, Duration } from './units.ts'
import { compareVersions, minorSeries } from './versions.ts'

export { envFileLine, envName } from './env-line.ts'

/** A fault in the settings; `path` is the setting's name, for the caller to prefix. */
export interface Problem {
  path: string
  message: string
  /** What to write instead. */
  next?: string
}

export interface CheckedSettings {
  /** Flag → value as etcd takes it, in the order of their names. */
  values: Record<string, string>
  problems: Problem[]
  warnings: string[]
}

/** etcd's own flags as an inventory's `settings` may give them; which of them a version has is checked on loading. */
export type Settings = {
  -readonly [Name in FlagName as (typeof flags)[Name] extends { owned: string } | { refused: string } ? never : Name]?:
    | ValueOf<(typeof flags)[Name]>
    | undefined
}

/** What an inventory says about etcd's flags, checked against what this version of etcd has and accepts. */
export function checkSettings(settings: Record<string, unknown>, version: string): CheckedSettings {
  const problems: Problem[] = []
  const values: Record<string, string> = {}
  for (const [path, value] of Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined) continue
    const flag = knownFlag(path)
    const refusal = flag === undefined ? unknownSetting(path, version) : refusalOf(path, flag, version)
    const read = refusal ?? readValue(flag as Flag, value, version)
    if ('value' in read) values[path] = read.value
    else problems.push({ path, ...read })
  }
  const together = checkTogether(values, version)
  return { values, problems: [...problems, ...together.problems], warnings: together.warnings }
}

interface ValueOfType {
  duration: Duration
  milliseconds: number | Duration
  seconds: number | Duration
  retention: number | Duration
  bytes: Bytes
  int: number
  uint: number
  bool: boolean
  string: string
  list: string | readonly string[]
  gates: Partial<Record<FeatureGate, boolean>>
}

type ValueOf<F extends Flag> = F extends { values: readonly (infer Value)[] }
  ? Value
  : ValueOfType[Exclude<F['type'], 'enum'>]

type Refusal = { message: string; next?: string }

function knownFlag(name: string): Flag | undefined {
  return Object.hasOwn(flags, name) ? flags[name as FlagName] : undefined
}

function unknownSetting(name: string, version: string): Refusal {
  const flagLike = name
    .replace(/^(--|ETCD_)/, '')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
  const names = Object.entries<Flag>(flags).filter(([, flag]) => flag.refused === undefined && hasFlag(flag, version))
  const meant = nearest(
    flagLike,
    names.map(([known]) => known),
  )
  return { message: 'is no flag of etcd', ...(meant !== undefined && { next: `did you mean '${meant}'?` }) }
}

function refusalOf(name: string, flag: Flag, version: string): Refusal | undefined {
  if (flag.owned !== undefined) return { message: 'is set by etcd-deploy itself', next: flag.owned }
  if (flag.refused !== undefined) return { message: `is refused: ${flag.refused}` }
  return hasFlag(flag, version) ? undefined : missingFlag(name, flag, version)
}

function missingFlag(name: string, flag: Flag, version: string): Refusal {
  const isGone = flag.until !== undefined && compareVersions(minorSeries(version), flag.until) > 0
  if (isGone) {
    const next = successor(flag, version)
    return {
      message: `is not in etcd ${version}: ${flag.until} was the last series that had it`,
      ...(next !== undefined && { next }),
    }
  }
  const since = [flag.since].flat().join(' and ')
  const next = predecessor(name, flag, version)
  return { message: `is not in etcd ${version}: it came with ${since}`, ...(next !== undefined && { next }) }
}

function predecessor(name: string, flag: Flag, version: string): string | undefined {
  const present = Object.entries<Flag>(flags).filter(([, other]) => hasFlag(other, version))
  const older = present.flatMap(([other, { renamedTo, gate }]) =>
    renamedTo === name || (flag.type === 'gates' && gate !== undefined) ? [`'${other}'`] : [],
  )
  return older.length === 0 ? undefined : `there it is ${older.join(' or ')}`
}

function successor(flag: Flag, version: string): string | undefined {
  if (flag.gate !== undefined) return `say 'feature-gates': { ${flag.gate}: true }`
  const renamed = flag.renamedTo === undefined ? undefined : knownFlag(flag.renamedTo)
  return renamed !== undefined && hasFlag(renamed, version) ? `there it is '${flag.renamedTo}'` : flag.instead
}
