import { realpath } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { loadFailure } from './load-failure.ts'
import { resolveOwnPackage } from './own-package.ts'

/** Runs a TypeScript or JavaScript file of the user's; `what` it is, for the person whose file fails. */
export async function loadModule(
  path: string,
  what: 'inventory' | 'playbook',
): Promise<{ module: Record<string, unknown>; file: string }> {
  resolveOwnPackage()
  const file = await realpath(path)
  try {
    return { module: (await import(pathToFileURL(file).href)) as Record<string, unknown>, file }
  } catch (error) {
    throw await loadFailure(file, error, what)
  }
}
