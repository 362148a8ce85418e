import { readFile } from 'node:fs/promises'

import { DeployError, exitCode } from '../errors.ts'
import type { RevealSecret, SecretSource } from '../inventory/model.ts'
import { Secret } from '../secret.ts'
import type { AskPerson } from '../ui/ask.ts'

/** Reads a secret when it is first needed, once: seven hosts with one password ask one question. */
export function secretReader(ask: Pick<AskPerson, 'secret'>): RevealSecret {
  const known = new Map<string, Promise<Secret>>()
  return (source) => {
    const key = JSON.stringify(source)
    const secret = known.get(key) ?? read(ask, source)
    known.set(key, secret)
    return secret
  }
}

async function read(ask: Pick<AskPerson, 'secret'>, source: SecretSource): Promise<Secret> {
  if (source.from === 'prompt')
    return ask.secret(source.label, 'give it as { env: NAME } or { file: PATH } in the inventory')
  if (source.from === 'env') {
    const value = process.env[source.name]
    if (value !== undefined && value !== '') return new Secret(value)
    throw missing(`the environment variable ${source.name} is not set`, `set ${source.name}, as the inventory says`)
  }
  try {
    return new Secret((await readFile(source.path, 'utf8')).replace(/\r?\n$/, ''))
  } catch (cause) {
    throw missing(
      `the secret in ${source.path} can't be read: ${(cause as NodeJS.ErrnoException).code ?? ''}`,
      'look at the path and its rights',
    )
  }
}

function missing(message: string, next: string): DeployError {
  return new DeployError({ message, next, exitCode: exitCode.usage })
}
