import { DeployError, exitCode } from '../errors.ts'
import type { RevealSecret, SecretSource } from '../inventory/model.ts'
import type { Passphrase } from './ca-key.ts'

/** The passphrase that an inventory names for its CA keys; typed twice where it is a new one. */
export function passphraseFrom(source: SecretSource | undefined, reveal: RevealSecret): Passphrase | undefined {
  if (source === undefined) return undefined
  return async (purpose) => {
    const passphrase = await reveal(source)
    if (purpose === 'open' || source.from !== 'prompt') return passphrase
    const again = await reveal({ ...source, label: `${source.label}, again` })
    if (again.reveal() === passphrase.reveal()) return passphrase
    throw new DeployError({ message: 'the two passphrases differ; nothing was made', exitCode: exitCode.usage })
  }
}
