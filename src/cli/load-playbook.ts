import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'

import { DeployError, exitCode, together } from '../errors.ts'
import { loadModule } from '../inventory/load-module.ts'
import type { Playbook } from '../playbook.ts'
import { checkedStage } from './checked-step.ts'
import { playbookProblems } from './playbook-shape.ts'

/** A playbook of the user's, loaded as inventories are; what is wrong with it is told before any host is asked. */
export async function loadPlaybook(path: string): Promise<Playbook> {
  const { module, file } = await loadModule(await fileAt(path), 'playbook')
  if (!('default' in module)) {
    const named = Object.keys(module).filter((name) => name !== 'module.exports')
    const next = `export default definePlaybook({ … })${named.length > 0 ? ` (it exports ${named.join(', ')})` : ''}`
    throw new DeployError({ message: `${file} has no default export`, next, exitCode: exitCode.usage })
  }
  const problems = playbookProblems(module['default'])
  if (problems.length > 0) {
    const next = 'docs/playbooks.md tells what a playbook is'
    const errors = problems.map(
      (problem) => new DeployError({ message: `${basename(file)}: ${problem}`, next, exitCode: exitCode.usage }),
    )
    throw together(errors, `${file} has ${errors.length} problems`)
  }
  const playbook = module['default'] as Playbook
  return { ...playbook, stages: playbook.stages.map(checkedStage) }
}

async function fileAt(path: string): Promise<string> {
  const file = resolve(path)
  const found = await stat(file).catch(() => undefined)
  const why =
    found === undefined
      ? `there is no file ${file}`
      : !found.isFile() || !/\.m?[jt]s$/.test(file)
        ? `${file} is no playbook: a TypeScript or JavaScript file`
        : undefined
  if (why !== undefined) throw new DeployError({ message: why, exitCode: exitCode.usage })
  return file
}
