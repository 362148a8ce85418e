import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DeployError, exitCode } from '../errors.ts'
import { exportHint, importHint, syntaxHint } from './load-hints.ts'

/** Why a file of the user's, or one that it imports, could not be loaded: where, and what to do. */
export async function loadFailure(file: string, error: unknown, what: 'inventory' | 'playbook'): Promise<DeployError> {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const facts = { exitCode: exitCode.usage, cause: error }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return new DeployError({ ...facts, message: `${where(error) ?? file}: ${message}`, next: syntaxHint(message) })
  }
  if (error instanceof SyntaxError) {
    const place = where(error) ?? (await syntaxErrorPlace(file))
    const next = exportHint(message)
    return new DeployError({ ...facts, message: `${place ?? file}: ${message}`, ...(next && { next }) })
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT') {
    const url = error instanceof Error && 'url' in error ? String(error.url) : undefined
    const { importer = file, word, next } = importHint(message, url)
    return new DeployError({ ...facts, message: `${await importPlace(importer, word)}: ${message}`, next })
  }
  return new DeployError({ ...facts, message: `${where(error) ?? file}: the ${what} throws: ${message}` })
}

/** The first place of the user's in the error's stack, and before that the place that Node shows above it. */
function where(error: unknown): string | undefined {
  return error instanceof Error ? placeIn(error.stack ?? '') : undefined
}

/** An import that fails to compile keeps the place to itself where the file is JavaScript; `node --check` tells it. */
async function syntaxErrorPlace(file: string): Promise<string | undefined> {
  const checked = promisify(execFile)(process.execPath, ['--check', file], { timeout: 10_000 })
  return checked.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'stderr' in error ? placeIn(String(error.stderr)) : undefined),
  )
}

/** The line of the import: Node tells the file alone. */
async function importPlace(importer: string, word: string | undefined): Promise<string> {
  if (word === undefined) return importer
  const lines = (await readFile(importer, 'utf8').catch(() => '')).split('\n')
  const at = lines.findIndex((line) => [`'${word}'`, `"${word}"`].some((quoted) => line.includes(quoted)))
  return at === -1 ? importer : `${importer}:${at + 1}`
}

function placeIn(stack: string): string | undefined {
  const at =
    /^(?:file:\/\/)?(\/\S*?:\d+)$/m.exec(stack)?.[0] ?? /(file:\/\/\/[^\s)]*?:\d+)(?::\d+)?\)?$/m.exec(stack)?.[1]
  return at?.startsWith('file:') === true ? fileURLToPath(at) : at
}
