import type { Problem as SettingProblem } from '../etcd/settings.ts'
import { checkSettings } from '../etcd/settings.ts'
import { checkVersion } from '../etcd/versions.ts'
import type { Inventory } from './define.ts'
import type { Problem } from './describe.ts'
import type { Partly } from './prune.ts'
import type { Verdict } from './rules.ts'

type Values = Record<string, unknown>

/** The settings for all members and those of each, against the flags of this version. */
export function settingsProblems(inventory: Partly<Inventory>): Verdict {
  const checked = checkVersion(inventory.version)
  if ('message' in checked) return { problems: [], warnings: [] }
  const { version } = checked
  const all: Values = inventory.settings ?? {}
  const common = checkSettings(all, version)
  const problems = common.problems.map((problem) => located(problem, ['settings']))
  const warnings = common.warnings.map((warning) => `settings: ${warning}`)

  for (const [name, node] of Object.entries(inventory.nodes ?? {})) {
    const own: Values | undefined = node?.settings
    if (own === undefined) continue
    const merged = checkSettings({ ...all, ...own }, version)
    // What is wrong with the settings for all is told once; what only comes of both together is the node's.
    const news = merged.problems.filter(
      (problem) => !(!Object.hasOwn(own, problem.path) && common.problems.some((one) => same(one, problem))),
    )
    problems.push(...news.map((problem) => located(problem, ['nodes', name, 'settings'])))
    warnings.push(
      ...merged.warnings
        .filter((warning) => !common.warnings.includes(warning))
        .map((warning) => `nodes.${name}.settings: ${warning}`),
    )
    warnings.push(...unevenTiming(name, all, own))
  }
  return { problems, warnings }
}

const timing = ['heartbeat-interval', 'election-timeout']

/** Members that count time differently call elections against each other. */
function unevenTiming(name: string, all: Values, own: Values): string[] {
  const uneven = timing.filter((flag) => own[flag] !== undefined && own[flag] !== all[flag])
  return uneven.map((flag) => `nodes.${name}.settings.${flag}: should be the same on all members`)
}

function located({ path, message, next }: SettingProblem, above: string[]): Problem {
  return { path: [...above, path], reason: next === undefined ? message : `${message}; ${next}` }
}

function same(one: SettingProblem, other: SettingProblem): boolean {
  return one.path === other.path && one.message === other.message
}
