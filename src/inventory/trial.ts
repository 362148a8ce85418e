import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

import { DeployError } from '../errors.ts'
import { readInventory } from './load.ts'
import type { Cluster } from './model.ts'
import { examineInventory, refusal } from './resolve.ts'

/** What an inventory would come to if its file held this text: run beside it, so that its imports and relative paths are the same. */
export async function tryInventory(file: string, text: string): Promise<{ cluster: Cluster } | { why: string }> {
  const ending = extname(file)
  const name = `.${basename(file, ending)}.trial-${randomBytes(6).toString('hex')}${ending}`
  const trial = join(dirname(file), name)
  try {
    await writeFile(trial, text, { flag: 'wx', mode: 0o600 }).catch((cause: unknown) => {
      throw new DeployError({
        message: `cannot write in ${dirname(file)}, where the edited inventory is tried before it is put in place`,
        answered: cause instanceof Error ? cause.message : String(cause),
        cause,
      })
    })
    return await resolved(trial, file)
  } finally {
    await rm(trial, { force: true })
  }
}

async function resolved(trial: string, file: string): Promise<{ cluster: Cluster } | { why: string }> {
  try {
    const { inventory } = await readInventory(trial)
    const examined = examineInventory(inventory, { file, connects: false })
    if (examined.kind === 'right') return examined
    const [first] = refusal(file, examined.problems, () => undefined).problems
    return { why: first?.message ?? '' }
  } catch (error) {
    if (error instanceof DeployError) return { why: error.message.replaceAll(trial, file) }
    throw error
  }
}
