import { resolve } from 'node:path'
import { DeployError, exitCode } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { LocalSession } from './certs-session.ts'
import { daysOf } from './days.ts'

/** A whole number of days from the command line. */
export function daysOption(text: string | undefined, flag: string, least: number): number | undefined {
  if (text === undefined) return undefined
  const days = daysOf(text)
  if (days !== undefined && days >= least) return days
  throw new DeployError({
    message: `${flag}: ${text} is not a number of days: ${least} to 36500, whole`,
    exitCode: exitCode.usage,
  })
}

/** Where a secret of the command line comes from: `--password-env`, `--password-file`, or a question. */
export interface SecretFlags {
  flag: '--password' | '--passphrase'
  env: string | undefined
  file: string | undefined
}

/** A secret is never an argument itself. `twice`: a slip of the finger would be found only where it is needed. */
export async function secretOption(
  { ask, reveal }: Pick<LocalSession, 'ask' | 'reveal'>,
  { flag, env, file }: SecretFlags,
  { label, twice = false }: { label: string; twice?: boolean },
): Promise<Secret> {
  const usage = (message: string): DeployError => new DeployError({ message, exitCode: exitCode.usage })
  if (env !== undefined && file !== undefined) throw usage(`${flag}-env and ${flag}-file: one of them`)
  if (env !== undefined) return reveal({ from: 'env', name: env })
  if (file !== undefined) return reveal({ from: 'file', path: resolve(file) })
  const instead = `${flag}-file FILE or ${flag}-env VARIABLE gives it`
  const secret = await ask.secret(label, instead)
  if (!twice || (await ask.secret(`${label}, again`, instead)).reveal() === secret.reveal()) return secret
  throw usage('the two differ; nothing was written')
}
