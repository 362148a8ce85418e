import { lstat, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { cosmiconfig } from 'cosmiconfig'
import { DeployError, exitCode } from '../errors.ts'
import { loadModule } from './load-module.ts'
import type { Cluster } from './model.ts'
import { examineInventory, refusal } from './resolve.ts'

const names = ['inventory', 'etcd-deploy.config'].flatMap((name) =>
  ['ts', 'mts', 'js', 'mjs'].map((ending) => `${name}.${ending}`),
)

/** Reads the inventory named, or the one found from `cwd` upwards, and resolves it. `connects`: hosts will be logged in to. */
export async function loadInventory(path: string | undefined, options: LoadOptions = {}): Promise<Cluster> {
  return (await openInventory(path, options)).cluster
}

/** The same with what the file says: what it exports, before any default, and how it is written. */
export async function openInventory(
  path: string | undefined,
  { cwd = process.cwd(), connects = true }: LoadOptions = {},
): Promise<Loaded & { cluster: Cluster; source(): Promise<string> }> {
  const { file, inventory } = path === undefined ? await find(cwd) : await readInventory(resolve(cwd, path))
  const source = (): Promise<string> => readFile(file, 'utf8').catch(() => '')
  const examined = examineInventory(inventory, { file, connects })
  if (examined.kind === 'right') return { file, inventory, cluster: examined.cluster, source }
  const { linesOf } = await import('./line-of.ts')
  throw refusal(file, examined.problems, linesOf(await source()))
}

interface LoadOptions {
  cwd?: string
  connects?: boolean
}

interface Loaded {
  /** Absolute, and no link. */
  file: string
  /** What it exports, before any check or default; a file is run once, and answers the same again. */
  inventory: unknown
}

/** The inventory as its file says it. */
export async function readInventory(path: string): Promise<Loaded> {
  const file = resolve(path)
  if (!/\.[mc]?[jt]s$/.test(file)) {
    const isFolder = await stat(file).then(
      (seen) => seen.isDirectory(),
      () => false,
    )
    throw usage(
      isFolder
        ? `${file} is a folder: name the inventory in it`
        : `${file} is not an inventory: a TypeScript or JavaScript file (.ts, .mts, .js, .mjs)`,
    )
  }
  const result = await explorer()
    .load(file)
    .catch((error: unknown) => {
      if (error instanceof DeployError) throw error
      throw fileProblem(file, error)
    })
  return loaded(result)
}

async function find(cwd: string): Promise<Loaded> {
  for (const folder of upwards(resolve(cwd))) {
    const result = await explorer().search(folder).catch(asDeployError)
    if (result !== null) return loaded(result)
    await refuseUnreadable(folder)
  }
  throw new DeployError({
    message: `no inventory in ${resolve(cwd)} or any folder above it`,
    tried: `looked for ${names.join(', ')}`,
    next: ['Name it: etcd-deploy up path/to/inventory.ts', 'or write one: an example is in the README'],
    exitCode: exitCode.usage,
  })
}

/** Of one folder only: how cosmiconfig walks upwards by itself also takes other names, in other places. */
function explorer() {
  const loaders = Object.fromEntries(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'].map((ending) => [ending, load]))
  return cosmiconfig('etcd-deploy', {
    searchPlaces: names,
    searchStrategy: 'none',
    loaders,
    ignoreEmptySearchPlaces: false,
    cache: false,
  })
}

/**
 * In place of cosmiconfig's own, which runs a file that failed a second time by `require` and then tells that error instead; and its
 * search would pass over an inventory that itself fails with ENOENT.
 */
function load(path: string): ReturnType<typeof loadModule> {
  return loadModule(path, 'inventory')
}

function loaded(result: Awaited<ReturnType<ReturnType<typeof explorer>['load']>>): Loaded {
  const { module, file } = (result?.config ?? {}) as { module?: Record<string, unknown>; file?: string }
  if (module === undefined || file === undefined) throw usage(`${result?.filepath ?? 'the inventory'} is empty`)
  if (!('default' in module)) {
    const named = Object.keys(module).filter((name) => name !== 'module.exports')
    const next = `export default defineInventory({ … })${named.length > 0 ? ` (it exports ${named.join(', ')})` : ''}`
    throw new DeployError({ message: `${file} has no default export`, next, exitCode: exitCode.usage })
  }
  if (typeof module['default'] === 'function')
    throw usage(`${file} exports a function: an inventory is a record, defineInventory({ … })`)
  return { file, inventory: module['default'] }
}

/** cosmiconfig passes over what it can't read, and a folder above may hold another cluster's inventory. */
async function refuseUnreadable(folder: string): Promise<void> {
  for (const name of names) {
    const file = join(folder, name)
    const seen = await lstat(file).catch(() => undefined)
    if (seen !== undefined && !seen.isDirectory()) throw usage(`${file} is there but can't be read`)
  }
}

function* upwards(folder: string): Generator<string> {
  yield folder
  if (dirname(folder) !== folder) yield* upwards(dirname(folder))
}

function fileProblem(file: string, error: unknown): DeployError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return usage(`there is no file ${file}`)
  return usage(`${file} can't be read (${error instanceof Error ? error.message : String(error)})`)
}

function asDeployError(error: unknown): never {
  if (error instanceof DeployError) throw error
  throw usage(`looking for the inventory failed: ${error instanceof Error ? error.message : String(error)}`)
}

function usage(message: string): DeployError {
  return new DeployError({ message, exitCode: exitCode.usage })
}
