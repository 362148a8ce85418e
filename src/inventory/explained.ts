import type { SecretSource } from './model.ts'
import type { FindOrigin, Origin } from './origin.ts'
import type { Path } from './schema-keys.ts'

/** One value of the resolved inventory under its path, and where it comes from. */
export interface Explained {
  path: readonly string[]
  value: Shown | readonly Shown[]
  from: Origin
}

/** null: nothing is set, and etcd, Go or systemd does as it does. */
type Shown = string | number | boolean | null

/** Values that stand below one key and nowhere else. */
export function values(
  find: FindOrigin,
  above: readonly string[],
  record: Readonly<Record<string, Explained['value']>>,
): Explained[] {
  return Object.entries(record).map(([key, value]) => explained(find, [...above, key], value))
}

/** `elsewhere`: what it is as where it is not said itself, the nearest first. */
export function explained(
  find: FindOrigin,
  path: readonly string[],
  value: Explained['value'],
  elsewhere: readonly Path[] = [],
  otherwise?: Origin,
): Explained {
  return { path, value, from: find([path, ...elsewhere], otherwise) }
}

/** Where a secret is; it is never read for this. */
export function secretText(source: SecretSource): string {
  if (source.from === 'prompt') return 'asked for'
  return source.from === 'env' ? `environment variable ${source.name}` : `file ${source.path}`
}
