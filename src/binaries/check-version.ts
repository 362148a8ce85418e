import { readFile } from 'node:fs/promises'

import { DeployError, exitCode } from '../errors.ts'

/**
 * Refuses a program that is not of this etcd version: every release's programs hold their version as text. Pushed under another name
 * it would change the version of a running cluster at the next restart, one member at a time, and unguarded.
 */
export async function checkVersion(path: string, name: string, version: string): Promise<void> {
  const bytes = await readFile(path)
  if (bytes.includes(version)) return
  throw new DeployError({
    message: `${name} is not of etcd ${version}, which the inventory wants`,
    tried: `look for its version in ${path}`,
    answered: `nothing in it says ${version}`,
    next: `give the binaries of ${version}, or correct \`version\` in the inventory`,
    exitCode: exitCode.usage,
  })
}
