import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Whether an editor finds the types of inventories beside this one: the package.json that says so was there, was written, or lacks it. */
export type OwnDependency = { kind: 'there' | 'written' | 'lacking'; file: string; line: string }

/** Writes a package.json beside an inventory where there is none; one that is there is never touched. */
export async function addOwnDependency(folder: string, version: string): Promise<OwnDependency> {
  const dependency = { 'etcd-deploy': `^${version}` }
  const line = `"devDependencies": ${JSON.stringify(dependency)}`
  const found = packagesAbove(folder)
  for (const file of found) if (await names(file)) return { kind: 'there', file, line }
  const [nearest] = found
  if (nearest !== undefined) return { kind: 'lacking', file: nearest, line }
  const file = join(folder, 'package.json')
  const content = { private: true, type: 'module', devDependencies: dependency }
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`, { flag: 'wx' })
  return { kind: 'written', file, line }
}

/** Of the folder, and within a repository also of those above it. */
function packagesAbove(folder: string): string[] {
  const folders = upwards(folder)
  const root = folders.findIndex((each) => existsSync(join(each, '.git')))
  return folders
    .slice(0, root === -1 ? 1 : root + 1)
    .map((each) => join(each, 'package.json'))
    .filter((file) => existsSync(file))
}

function upwards(folder: string): string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...upwards(dirname(folder))]
}

/** What can't be read as JSON names nothing. */
async function names(file: string): Promise<boolean> {
  try {
    const { name, dependencies, devDependencies } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    return name === 'etcd-deploy' || [dependencies, devDependencies].some(has)
  } catch {
    return false
  }
}

function has(dependencies: unknown): boolean {
  return typeof dependencies === 'object' && dependencies !== null && 'etcd-deploy' in dependencies
}
