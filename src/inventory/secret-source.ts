import type { SecretOption } from './define.ts'
import { localPath } from './local-path.ts'
import type { SecretSource } from './model.ts'
import type { Surroundings } from './ssh.ts'

/** Where a secret comes from; `label` is what a prompt says. */
export function secretSource(
  option: SecretOption | undefined,
  label: string,
  at: Pick<Surroundings, 'home' | 'folder'>,
): SecretSource | undefined {
  if (option === undefined) return undefined
  if (option === 'prompt') return { from: 'prompt', label }
  return 'env' in option
    ? { from: 'env', name: option.env }
    : { from: 'file', path: localPath(option.file, at.home, at.folder) }
}
