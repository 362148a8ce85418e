import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { basename, dirname } from 'node:path'
import { DeployError, DeployErrors, exitCode } from '../errors.ts'
import { cluster } from './cluster.ts'
import type { Inventory } from './define.ts'
import { describe, pathText } from './describe.ts'
import type { Problem } from './describe.ts'
import { missingAddress } from './address-rules.ts'
import { missingKeys } from './missing-keys.ts'
import type { Cluster } from './model.ts'
import { soundPart } from './prune.ts'
import type { Partly } from './prune.ts'
import { judge } from './rules.ts'
import { schema } from './schema.ts'
import type { Surroundings } from './ssh.ts'

export type Examined = { kind: 'right'; cluster: Cluster } | { kind: 'wrong'; problems: Problem[] }

export interface Examining extends Partial<Surroundings> {
  file: string
  /** Whether hosts will be logged in to, so that the key files must be there. */
  connects: boolean
}

/** What an inventory comes to: defaults filled in, units read, everything checked; or all that is wrong with it. */
export function examineInventory(raw: unknown, { file, connects, ...given }: Examining): Examined {
  const at: Surroundings = { ...surroundings(), file, folder: dirname(file), ...given }
  const parsed = schema.safeParse(raw)
  const problems = parsed.success ? [] : describe(parsed.error.issues, raw)
  const rest = soundPart(raw, problems)
  const verdict = judge(rest)
  problems.push(...verdict.problems, ...missingAddresses(rest, problems))
  if (connects) problems.push(...missingKeys(rest, at))
  if (problems.length > 0 || !parsed.success) return { kind: 'wrong', problems }
  return { kind: 'right', cluster: cluster(parsed.data, verdict.warnings, at) }
}

/** All problems together, exit 2. */
export function refusal(
  file: string,
  problems: readonly Problem[],
  lineOf: (path: Problem['path']) => number | undefined,
): DeployErrors {
  const errors = problems.map(({ path, reason, next }) => {
    const line = lineOf(path)
    const place = line === undefined ? '' : `${basename(file)}:${line}: `
    const where = path.length === 0 ? 'the inventory' : pathText(path)
    return new DeployError({
      message: onOneLine(`${place}${where}: ${reason}`),
      exitCode: exitCode.usage,
      ...(next === undefined ? {} : { next }),
    })
  })
  return new DeployErrors(`${file} has ${errors.length === 1 ? 'a problem' : `${errors.length} problems`}`, errors)
}

/** Not asked of a node whose address is there but wrong. */
function missingAddresses({ nodes = {} }: Partly<Inventory>, problems: readonly Problem[]): Problem[] {
  const wrong = new Set(problems.flatMap(({ path }) => (path[0] === 'nodes' ? [path[1]] : [])))
  return Object.entries(nodes).flatMap(([name, node = {}]) => (wrong.has(name) ? [] : missingAddress(name, node)))
}

/** What an inventory holds may be anything; a terminal would obey its control characters. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1).replace('\x7f', '\\u007f'))
}

function surroundings(): Omit<Surroundings, 'file' | 'folder'> {
  return { env: process.env, home: homedir(), user: userInfo().username, exists: existsSync }
}
