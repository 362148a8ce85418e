import { resolve } from 'node:path'
import { DeployError, exitCode } from '../errors.ts'
import type { SecretSource } from '../inventory/model.ts'

/** A whole number of days from the command line. */
export function daysOption(text: string | undefined, flag: string, least: number): number | undefined {
  if (text === undefined) return undefined
  const days = Number(text)
  if (Number.isInteger(days) && days >= least && days <= 36_500 && text.trim() !== '') return days
  throw new DeployError({
    message: `${flag}: ${text} is not a number of days: ${least} to 36500, whole`,
    exitCode: exitCode.usage,
  })
}

/** A secret is never an argument: it is asked for, or read from the environment or a file. */
export function secretOption(
  { env, file }: { env: string | undefined; file: string | undefined },
  label: string,
): SecretSource {
  if (env !== undefined && file !== undefined) {
    throw new DeployError({ message: `${label}: from the environment or from a file?`, exitCode: exitCode.usage })
  }
  if (env !== undefined) return { from: 'env', name: env }
  if (file !== undefined) return { from: 'file', path: resolve(file) }
  return { from: 'prompt', label }
}
