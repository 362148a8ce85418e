import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { dirname } from 'node:path'
import { DeployError, DeployErrors, exitCode } from '../errors.ts'
import { cluster } from './cluster.ts'
import type { Inventory } from './define.ts'
import { describe, pathText } from './describe.ts'
import type { Problem } from './describe.ts'
import { missingAddress } from './address-rules.ts'
import type { Cluster } from './model.ts'
import { soundPart } from './prune.ts'
import type { Partly } from './prune.ts'
import { judge } from './rules.ts'
import { schema } from './schema.ts'
import type { Surroundings } from './ssh.ts'

/** What an inventory comes to: defaults filled in, units read, everything checked. All problems are thrown together, exit 2. */
export function resolveInventory(raw: unknown, { file, ...given }: { file: string } & Partial<Surroundings>): Cluster {
  const parsed = schema.safeParse(raw)
  const problems = parsed.success ? [] : describe(parsed.error.issues, raw)
  const rest = soundPart(raw, problems)
  const verdict = judge(rest)
  problems.push(...verdict.problems)
  problems.push(...missingAddresses(rest, problems))
  if (problems.length > 0 || !parsed.success) throw refusal(file, problems)
  return cluster(parsed.data, verdict.warnings, { ...surroundings(), file, folder: dirname(file), ...given })
}

/** Not asked of a node whose address is there but wrong. */
function missingAddresses({ nodes = {} }: Partly<Inventory>, problems: readonly Problem[]): Problem[] {
  const wrong = new Set(problems.flatMap(({ path }) => (path[0] === 'nodes' ? [path[1]] : [])))
  return Object.entries(nodes).flatMap(([name, node = {}]) => (wrong.has(name) ? [] : missingAddress(name, node)))
}

function refusal(file: string, problems: readonly Problem[]): DeployErrors {
  const errors = problems.map(({ path, reason }) => {
    const where = path.length === 0 ? 'the inventory' : pathText(path)
    return new DeployError({ message: onOneLine(`${where}: ${reason}`), exitCode: exitCode.usage })
  })
  return new DeployErrors(`${file} has ${errors.length === 1 ? 'a problem' : `${errors.length} problems`}`, errors)
}

/** What an inventory holds may be anything; a terminal would obey its control characters. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1).replace('\x7f', '\\u007f'))
}

function surroundings(): Omit<Surroundings, 'file' | 'folder'> {
  return { env: process.env, home: homedir(), user: userInfo().username, exists: existsSync }
}
